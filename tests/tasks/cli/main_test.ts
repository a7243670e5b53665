/**
 * Tests of how a command ends: real processes, their exit codes and output.
 *
 * @module
 */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { UserError } from "../../../lib/errors.ts";
import { describeFailure } from "../../../tasks/cli/failure.ts";
import { UsageError } from "../../../tasks/cli/usage_error.ts";

const root = new URL("../../../", import.meta.url);
const configName = import.meta.resolve("@std/assert").startsWith("jsr:")
  ? "deno.json"
  : "deno.nojsr.json";

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command whose body is a line of TypeScript. */
async function runWith(body: string, ...args: string[]): Promise<Ended> {
  const module = (path: string) => JSON.stringify(new URL(path, root).href);
  const source = `
    import { runCommand } from ${module("tasks/cli/main.ts")};
    import { ignored, integer } from ${module("tasks/cli/option_kinds.ts")};
    import { UserError } from ${module("lib/errors.ts")};
    import { UsageError } from ${module("tasks/cli/usage_error.ts")};
    const command = {
      name: "trial",
      summary: "Tries.",
      options: {
        depth: integer({ default: 16, help: "layers" }),
        width: integer({ default: 1, help: "channels" }),
        cuda: ignored({ help: "nothing" }),
      },
      defaults: async ({ depth }) => depth === 22 ? { width: 4 } : undefined,
      check: ({ width }) => {
        if (width === 3) throw new UsageError("no width of 3");
      },
      examples: ["deno task trial"],
    };
    await runCommand(command, async ({ depth, width }) => { ${body} });
    export { UserError };
  `;
  const script = await Deno.makeTempFile({ suffix: ".ts" });
  await Deno.writeTextFile(script, source);
  const output = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", "-c", fromFileUrl(new URL(configName, root)), script, ...args],
  }).output();
  await Deno.remove(script);
  const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code: output.code, stdout: decode(output.stdout), stderr: decode(output.stderr) };
}

Deno.test("describeFailure() makes one line of a file that the program may not use, and of no more", () => {
  const other = new Deno.errors.NotCapable('Requires env access to "X", run again with ...');
  assertEquals(describeFailure(other).exitCode, 70);
  const message = 'Requires read access to "/x", run again with the --allow-read flag';
  assertEquals(describeFailure(new Deno.errors.NotCapable(message)), {
    text:
      'error: Cannot go on without read access to "/x": a task may use only the files that its ' +
      "options name; see SECURITY.md",
    exitCode: 1,
  });
});

Deno.test("describeFailure() makes one line of what the user can mend, with its exit code", () => {
  assertEquals(describeFailure(new UserError("Cannot read\n  x: gone")), {
    text: "error: Cannot read x: gone",
    exitCode: 1,
  });
  assertEquals(describeFailure(new UsageError("unknown option --x")), {
    text: "error: unknown option --x",
    exitCode: 2,
  });
  assertEquals(describeFailure(new RangeError("depth must be 6n + 4")), {
    text: "error: depth must be 6n + 4",
    exitCode: 1,
  });
});

Deno.test("describeFailure() makes one line of what the system refuses, and none of a fault of ours", () => {
  const refused = (words: string, code: number, where = "") =>
    describeFailure(new Error(`${words} (os error ${code})${where}`));
  for (
    const [words, code] of [
      ["No space left on device", 28],
      ["Read-only file system", 30],
      ["Permission denied", 13],
      ["Too many levels of symbolic links", 40],
      ["File name too long", 36],
      ["Not a directory", 20],
      ["Too many open files", 24],
      ["Input/output error", 5],
      ["Disk quota exceeded", 122],
    ] as const
  ) {
    const line = `${words[0]!.toLowerCase()}${words.slice(1)}`;
    assertEquals(refused(words, code, ": open '/x/y'"), {
      text: `error: Cannot go on: ${line}: open '/x/y'`,
      exitCode: 1,
    });
    assertEquals(refused(words, code).text, `error: Cannot go on: ${line}`);
  }
  for (const code of [9, 14, 22]) assertEquals(refused("Bad", code).exitCode, 70);
  const system = new Deno.errors.NotCapable('Requires all access to "/proc/x", run again ...');
  assertEquals(describeFailure(system).exitCode, 1);
});

Deno.test("describeFailure() keeps the stack of everything else", () => {
  const { text, exitCode } = describeFailure(new TypeError("x is undefined"));
  assertEquals(exitCode, 70);
  assertMatch(text, /^TypeError: x is undefined\n\s+at .*main_test\.ts/);
  assertMatch(text, /\nerror: this is a bug in the program; [^\n]*$/);
  assertStringIncludes(describeFailure("thrown text").text, "thrown text");
});

Deno.test("runCommand() runs the command with its values and ends with 0", async () => {
  const ended = await runWith("console.log(depth);", "--", "--depth", "40");
  assertEquals(ended, { code: 0, stdout: "40\n", stderr: "" });
});

Deno.test("runCommand() lets no text of a file control the terminal", async () => {
  const { stdout, stderr } = await runWith(
    "for (const name of ['error', 'warn', 'log']) console[name]('note: a\\x1b[2Jb\\x9b\\u202e\\nc');",
  );
  assertEquals(stderr, "note: a\ufffd[2Jb\ufffd\ufffd\nc\n".repeat(2));
  assertEquals(stdout, "note: a\x1b[2Jb\x9b\u202e\nc\n"); // the result stays as it is
});

Deno.test("runCommand() asks for other defaults, which flags override, and notes things once", async () => {
  const run = async (...args: string[]) => {
    const { code, stdout, stderr } = await runWith("console.log(depth, width);", ...args);
    assertEquals(code, 0, stderr);
    return [stdout, stderr];
  };
  assertEquals(await run("--depth", "40"), ["40 1\n", ""]);
  assertEquals(await run("--width", "2", "--depth", "22"), ["22 2\n", ""]);
  const [stdout, stderr] = await run("--depth", "22", "--cuda");
  assertEquals(stdout, "22 4\n");
  assertMatch(stderr!, /^note: --cuda has no effect [^\n]*\n$/);
});

Deno.test("runCommand() checks the values before it runs", async () => {
  const ended = await runWith("console.log('ran');", "--width", "3");
  assertEquals(ended, { code: 2, stdout: "", stderr: "error: no width of 3\n" });
});

Deno.test("runCommand() prints the help on standard output and runs nothing", async () => {
  const ended = await runWith("console.log('ran');", "--depth", "x", "--help");
  assertEquals([ended.code, ended.stderr], [0, ""]);
  assert(ended.stdout.startsWith("Usage: deno task trial [options]\n"));
  assert(!ended.stdout.includes("ran\n"));
});

Deno.test("runCommand() ends with 2 and one line on a bad command line", async () => {
  const ended = await runWith("console.log('ran');", "--depht", "3");
  assertEquals(ended, {
    code: 2,
    stdout: "",
    stderr: "error: unknown option --depht; did you mean --depth? See --help\n",
  });
});

Deno.test("runCommand() ends with 1 and one line on a UserError, thrown or rejected", async () => {
  const stderr = "error: Cannot read the data\n";
  const thrown = await runWith("throw new UserError('Cannot read the data');");
  assertEquals(thrown, { code: 1, stdout: "", stderr });
  const rejected = await runWith(
    "Promise.reject(new UserError('Cannot read the data')); await new Promise(() => {});",
  );
  assertEquals(rejected, { code: 1, stdout: "", stderr });
});

Deno.test("runCommand() ends with 70 and the stack on a bug", async () => {
  const { code, stderr } = await runWith("null.x;");
  assertEquals(code, 70);
  assertMatch(stderr, /^TypeError: .*\n\s+at /);
  assertStringIncludes(stderr, "error: this is a bug in the program");
});
