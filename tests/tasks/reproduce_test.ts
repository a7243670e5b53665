/**
 * Tests of `deno task reproduce` as a command.
 *
 * @module
 */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { inFolder, namesIn } from "../folders.ts";
import { long } from "../long.ts";
import { taskRunner } from "./command.ts";

const { run, succeed, refuse } = taskRunner("reproduce");

const table = {
  about: "A small table.",
  program: "cifar",
  options: {
    ...{ dataset: "CIFAR10-sample", depth: 10, width: 0.0625 },
    ...{ batch_size: 500, epochs: 1, epoch_step: [] },
  },
  seeds: [0, 1],
  rows: [
    { name: "teacher", label: "teacher", seeds: [0] },
    { name: "alone", label: "student alone" },
    {
      name: "at",
      label: "AT",
      options: { beta: 1000 },
      seeds: [0],
      teacher: "teacher",
      alone: "alone",
    },
  ],
};

async function withTable(
  test: (cwd: string) => Promise<void>,
  changes: Record<string, unknown> = {},
): Promise<void> {
  await inFolder(async (cwd) => {
    await Deno.writeTextFile(join(cwd, "tiny.json"), JSON.stringify({ ...table, ...changes }));
    await test(cwd);
  });
}

Deno.test("deno task reproduce --list shows runs and commands, and writes nothing", () =>
  withTable(async (cwd) => {
    const { out } = await succeed(cwd, "--table", "tiny.json", "--list");
    assertStringIncludes(out, "0 of 4 runs are done; the others take time not known yet");
    assertMatch(out, /^at-0: to train/m);
    assertMatch(
      out,
      /^ {4}deno task cifar --save logs\/reproduce\/tiny\/at-0 --teacher-id .*teacher-0 .*--beta 1000/m,
    );
    assertEquals(namesIn(cwd), ["tiny.json"]);
  }));

Deno.test("deno task reproduce refuses with one line and leaves nothing", () =>
  withTable(async (cwd) => {
    await refuse(cwd, 1, /Cannot find the table "longest": there are /, "--table", "longest");
    const only = (rows: string) => ["--table", "tiny.json", "--only", rows];
    await refuse(cwd, 1, /the row "kd" in the table tiny: its rows are teacher, /, ...only("kd"));
    await refuse(cwd, 1, /Cannot train seeds 7/, ...only("at"), "--seeds", "7");
    await refuse(cwd, 2, /ImageNet: name its folder with --dataroot/, "--table", "imagenet");
    await refuse(cwd, 2, /--jobs must be a whole number from 1 to 64/, "--jobs", "0");
    await Deno.mkdir(join(cwd, "results"));
    await Deno.writeTextFile(join(cwd, "results/tiny.json"), `{ "version": 9, "runs": [] }`);
    await refuse(cwd, 1, /results\/tiny\.json: it is of version 9/, "--table", "tiny.json");
    assertEquals(namesIn(cwd), ["results", "tiny.json"]);
    assertEquals(namesIn(join(cwd, "results")), ["tiny.json"]);
  }));

long.test("deno task reproduce trains what is missing, and then nothing more", () =>
  withTable(async (cwd) => {
    const args = ["--table", "tiny.json", "--jobs", "2"];
    const part = await succeed(cwd, ...args, "--only", "at");
    assertMatch(part.err, /these runs of tiny are finished: see results\/tiny\.md/);
    const runs = join(cwd, "logs/reproduce/tiny");
    assertEquals(namesIn(runs).filter((name) => name !== ".lock"), ["at-0", "teacher-0"]);
    const whole = await succeed(cwd, ...args);
    assert(!/^at-0: deno task/m.test(whole.err), whole.err);
    assertMatch(whole.err, /the table tiny is finished: see results\/tiny\.md/);
    const { runs: results } = JSON.parse(Deno.readTextFileSync(join(cwd, "results/tiny.json")));
    const names = results.map(({ name }: { name: string }) => name);
    assertEquals(names, ["teacher-0", "alone-0", "alone-1", "at-0"]);
    assertEquals(namesIn(join(cwd, "results")).filter((name) => name !== ".lock"), [
      ...["tiny-time.svg", "tiny.json", "tiny.md", "tiny.svg"],
    ]);

    // The results file alone says what is done.
    await Deno.remove(runs, { recursive: true });
    const before = Deno.readTextFileSync(join(cwd, "results/tiny.json"));
    const again = await succeed(cwd, ...args);
    assert(!again.err.includes("deno task cifar"), again.err);
    assertEquals(Deno.readTextFileSync(join(cwd, "results/tiny.json")), before);
  }));

long.test("deno task reproduce names a run that ends before its last epoch", () =>
  withTable(async (cwd) => {
    const { code, err } = await run(cwd, "--table", "tiny.json", "--only", "alone", "--seeds", "0");
    assertEquals(code, 1, err);
    assertMatch(err, /^error: alone-0: it ended after 0 of 1 epochs$/m);
  }, { options: { ...table.options, max_steps: 1 } }));

long.test("deno task reproduce names a run that fails, and goes on with the others", () =>
  withTable(async (cwd) => {
    const { code, err } = await run(cwd, "--table", "tiny.json", "--seeds", "0");
    assertEquals(code, 1);
    assertMatch(err, /^error: teacher-0: .*nowhere.*$/m);
    assertMatch(err, /^error: at-0: its teacher teacher-0 was not trained$/m);
    assertMatch(err, /^alone-0: test accuracy \d+\.\d+%$/m);
    assertMatch(
      err,
      /^error: Cannot finish the table tiny: of 3 runs these failed: teacher-0, at-0/m,
    );
  }, {
    rows: [
      { ...table.rows[0], options: { init: "nowhere.safetensors" } },
      ...table.rows.slice(1),
    ],
  }));
