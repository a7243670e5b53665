/** Tests of `deno task ok`: which checks it runs, and its last lines. @module */
import { assertEquals, assertRejects } from "@std/assert";
import { runChecks } from "../../../tasks/launch/checks.ts";
import { UsageError } from "../../../tasks/cli/usage_error.ts";

/** Runs checks with these exit codes; returns the exit code, which checks ran, and the output. */
async function run(
  codes: Record<string, number>,
  args: string[] = [],
  isEnding = () => false,
): Promise<{ code: number; ran: string[]; said: string[] }> {
  const ran: string[] = [];
  const said: string[] = [];
  const checks = Object.fromEntries(
    Object.entries(codes).map(([name, code]) => [name, () => {
      ran.push(name);
      return Promise.resolve(code);
    }]),
  );
  const { error } = console;
  console.error = (line: string) => said.push(line);
  try {
    return { code: await runChecks(checks, args, isEnding), ran, said };
  } finally {
    console.error = error;
  }
}

const codes = { format: 1, lint: 0, tests: 3 };

Deno.test("runChecks() names what failed in its last lines, after all checks have run", async () => {
  const { code, ran, said } = await run(codes);
  assertEquals([code, ran], [1, ["format", "lint", "tests"]]);
  assertEquals(said, [
    ...["--- format", "--- format failed", "--- lint", "--- tests", "--- tests failed"],
    "\n2 of 3 checks failed; the output is above:",
    "error: format failed; run it alone: deno task ok --only format",
    "error: tests failed; run it alone: deno task ok --only tests",
  ]);
});

Deno.test("runChecks() says no more than the names of checks that pass", async () => {
  const { code, said } = await run({ format: 0, lint: 0 });
  assertEquals([code, said], [0, ["--- format", "--- lint"]]);
});

Deno.test("runChecks() runs one check, or all but one", async () => {
  assertEquals((await run(codes, ["--only", "tests"])).ran, ["tests"]);
  assertEquals((await run(codes, ["--only", "tests"])).code, 3);
  assertEquals((await run(codes, ["--without", "format"])).ran, ["lint", "tests"]);
});

Deno.test("runChecks() runs no more once it is asked to end", async () => {
  const { code, ran } = await run({ format: 130, lint: 0 }, [], () => true);
  assertEquals([code, ran], [130, ["format"]]);
});

Deno.test("runChecks() refuses another command line", async () => {
  for (const args of [["lint"], ["--only"], ["--only", "toString"], ["--without", "lint", "a"]]) {
    await assertRejects(() => run(codes, args), UsageError, "the usage is deno task ok [--only");
  }
});
