/** Tests of running the whole suite. @module */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import {
  importsFile,
  type RunGroup,
  runGroups,
  sourcesIn,
  type TestGroup,
  testGroups,
} from "../../../tasks/launch/test_groups.ts";

const root = fromFileUrl(new URL("../../../", import.meta.url));

/** The output of `deno test` for these files. */
const outputs: Record<string, readonly string[]> = {
  good: [
    "running 2 tests from ./good",
    "one ... ok (1ms)",
    "two ... ok (1ms)",
    "",
    "\x1b[0m\x1b[32mok\x1b[0m | 2 passed | 0 failed | 1 ignored (1s)",
  ],
  bad: [
    "running 1 test from ./bad",
    "three ... \x1b[31mFAILED\x1b[0m (1ms)",
    " FAILURES ",
    "",
    "three => ./bad:3:6",
    "",
    "FAILED | 5 passed (2 steps) | 1 failed (1s)",
    "error: Test failed",
  ],
  crash: ["running 1 test from ./crash"],
};

async function runAll(...names: string[]): Promise<{ code: number; out: string }> {
  const written: string[] = [];
  const run: RunGroup = ({ paths: [name] }, onLine) => {
    outputs[name!]!.forEach(onLine);
    return Promise.resolve(name === "good" ? 0 : name === "bad" ? 1 : 139);
  };
  const options = { processes: 2, write: (text: string) => void written.push(text) };
  const code = await runGroups(names.map((name) => ({ paths: [name] })), run, options);
  return { code, out: written.join("\n") };
}

Deno.test("runGroups() counts the tests of all groups", async () => {
  const { code, out } = await runAll("good", "good", "good");
  assertEquals(code, 0);
  assertStringIncludes(out, "\nok | 6 passed | 0 failed | 3 ignored (");
});

Deno.test("runGroups() ends with what failed, a process that crashed too", async () => {
  const { code, out } = await runAll("good", "bad", "crash");
  assertEquals(code, 1);
  const end = out.slice(out.indexOf("These tests failed:"));
  assertEquals(
    end.replace(/\(\d.*min\)/, ""),
    "These tests failed:\nthree => ./bad:3:6\ncrash (exit code 139)\n\n" +
      "FAILED | 7 passed | 1 failed | 1 ignored ",
  );
});

Deno.test("runGroups() kills a group that hangs, and names it", async () => {
  const written: string[] = [];
  const hang: RunGroup = (_, onLine, kill) => {
    onLine("running 1 test from ./hang");
    return new Promise((resolve) => kill.addEventListener("abort", () => resolve(137)));
  };
  const write = (text: string) => void written.push(text);
  assertEquals(await runGroups([{ paths: ["hang"] }], hang, { write, minutes: 0.001 }), 137);
  assertStringIncludes(written.join("\n"), "failed:\nhang (did not end within 0.001 min)\n");
});

Deno.test("testGroups() gives each backend a process of its own", () => {
  const groups = testGroups(root, true).filter(({ paths }) => paths[0]!.includes("any_backend"));
  const names = sourcesIn(join(root, "tests/any_backend")).filter((path) =>
    path.endsWith("_test.ts")
  );
  assertEquals(groups.map(({ paths }) => paths.length), names.map(() => 1));
});

Deno.test("testGroups() holds every file with tests once, and examples that need a process", () => {
  const [examples, ...groups] = testGroups(root, true);
  const starting = ["lib/backend/use_tensorflow.ts", "lib/train/workers.ts"];
  assertEquals(examples?.paths, ["--doc", ...starting]);
  const files = groups.flatMap(({ paths }) => paths);
  assertEquals(new Set(files).size, files.length);
  for (const file of ["tests/doc_examples_test.ts", "tests/tasks/launch/test_groups_test.ts"]) {
    assertEquals(files.includes(file), true, file);
  }
});

Deno.test("testGroups() begins with the files that have long tests", () => {
  const [, ...groups] = testGroups(root, false);
  const counts = groups.map(({ paths }) =>
    paths.filter((path) => importsFile(join(root, path), "long.ts")).length
  );
  assertEquals(counts, counts.toSorted((a, b) => b - a));
  assert(counts[0]! > counts.at(-1)!, String(counts));
});

Deno.test("testGroups() runs the tests of bfloat16 without oneDNN too", () => {
  const isWithout = ({ env }: TestGroup) => env?.TF_ENABLE_ONEDNN_OPTS === "0";
  const [group, ...others] = testGroups(root, false).filter(isWithout);
  assertEquals(group?.paths.includes("tests/lib/jit/autocast_test.ts"), true);
  assertEquals([others, testGroups(root, true).filter(isWithout)], [[], []]);
});
