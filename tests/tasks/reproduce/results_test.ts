/** Tests of the results of a table, from logs in the format of real runs. @module */
import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { UserError } from "../../../lib/errors.ts";
import type { Json } from "../../../lib/json.ts";
import {
  fittingResults,
  readResults,
  type RunResult,
  type RunState,
  stateOf,
  writeResults,
} from "../../../tasks/reproduce/results.ts";
import { runsOf, type Table } from "../../../tasks/reproduce/table.ts";
import { inFolder, namesIn } from "../../folders.ts";
import { digest, tableOf, writeLog } from "./logs.ts";

const table = tableOf({
  dataDigest: digest,
  options: { epochs: 3, lr: 0.1 },
  seeds: [0, 1],
  rows: [{ name: "alone", label: "Alone" }, {
    name: "kd",
    label: "KD",
    teacher: "alone",
    options: { alpha: 0.9 },
    seeds: [1],
  }],
});

function look(folder: string, of: Table = table): Promise<RunState> {
  return stateOf(runsOf(table)[0]!, of, (name) => join(folder, name));
}

Deno.test("stateOf() knows a run that is missing, begun or done", () =>
  inFolder(async (folder) => {
    assertEquals(await look(folder), { kind: "missing" });
    await writeLog(join(folder, "alone-0"), [50]);
    assertEquals(await look(folder), { kind: "begun", epochs: 1, secondsPerEpoch: 32 });
    await writeLog(join(folder, "alone-0"), [50, 72, 71]);
    const state = await look(folder);
    assert(state.kind === "done");
    const { last, best, curve, seconds, processor_seconds, options } = state.result;
    assertEquals([last.test_acc, best], [71, { epoch: 2, test_acc: 72 }]);
    assertEquals([seconds, processor_seconds], [96, 60]);
    assertEquals(curve.test_acc, [50, 72, 71]);
    assertEquals(options, { epochs: 3, lr: 0.1, seed: 0 }); // without paths of a machine
    assertEquals(
      state.result.command,
      "deno task cifar --save logs/reproduce/mine/alone-0 --epochs 3 --lr 0.1 --seed 0",
    );
  }));

Deno.test("stateOf() names a run of other options, of other data, or of a log that says neither", () =>
  inFolder(async (folder) => {
    const assertUnusable = async (why: RegExp) => {
      const state = await look(folder);
      assert(state.kind === "unusable");
      assertMatch(state.why, why);
      await Deno.remove(join(folder, "alone-0"), { recursive: true });
    };
    await writeLog(join(folder, "alone-0"), [1, 2, 3], { options: { lr: 0.05 } });
    await assertUnusable(
      /alone-0 does not fit its row, which has --lr 0\.1 in place of 0\.05: move it away/,
    );
    await writeLog(join(folder, "alone-0"), [1, 2, 3], { data: "e".repeat(64) });
    assertEquals((await look(folder, { ...table, dataDigest: undefined })).kind, "done");
    await assertUnusable(/another version of the data set \(digest eeeeeeeeeeee, .* dddddddddddd/);
    await Deno.mkdir(join(folder, "alone-0"));
    await Deno.writeTextFile(join(folder, "alone-0/log.txt"), "");
    await assertUnusable(/the log of .*alone-0 does not say how it was started/);
  }));

Deno.test("stateOf() calls a run unusable whose log cannot be read, and says which line is wrong", () =>
  inFolder(async (folder) => {
    await writeLog(join(folder, "alone-0"), [50]);
    const log = join(folder, "alone-0/log.txt");
    await Deno.writeTextFile(log, 'json_stats: {"epoch": 2, "train_loss": NaN}\n', {
      append: true,
    });
    const state = await look(folder);
    assert(state.kind === "unusable");
    assertMatch(state.why, /Cannot read .*log\.txt: line 3 is not valid JSON; remove that line/);
  }));

function resultOf(row: string, seed: number, options: Record<string, Json> = {}): RunResult {
  const teacher = row === "kd" ? " --teacher-id logs/reproduce/mine/alone-0" : "";
  return {
    name: `${row}-${seed}`,
    row,
    seed,
    command: `deno task cifar --save logs/reproduce/mine/${row}-${seed}${teacher}`,
    options: { seed, lr: 0.1, ...options },
  } as unknown as RunResult;
}

Deno.test("writeResults() writes what readResults() reads, and nothing beside it", () =>
  inFolder(async (folder) => {
    assertEquals(await readResults(folder, "mine"), []);
    const results = [resultOf("alone", 0), resultOf("kd", 1)];
    await writeResults(folder, table, results);
    assertEquals(await readResults(folder, "mine"), results);
    assertEquals(namesIn(folder), ["mine.json"]);
  }));

Deno.test("readResults() refuses what is damaged, and another version by its number", () =>
  inFolder(async (folder) => {
    const path = join(folder, "mine.json");
    for (
      const [content, why] of [["{", /it is damaged/], ["{}", /it is damaged/], [
        `{ "version": 2, "runs": [] }`,
        /it is of version 2, and this program reads version 1; move it away/,
      ]] as const
    ) {
      await Deno.writeTextFile(path, content);
      const { message } = await assertRejects(() => readResults(folder, "mine"), UserError);
      assertMatch(message, why);
    }
  }));

Deno.test("fittingResults() leaves out runs of other options, other data or no row, and sorts by the table", async () => {
  const results = [
    resultOf("kd", 1, { alpha: 0.9 }),
    resultOf("alone", 1),
    resultOf("alone", 0),
    resultOf("gone", 0),
  ];
  const names = async (results: readonly RunResult[]) =>
    (await fittingResults(table, results)).map(({ name }) => name);
  assertEquals(await names(results), ["alone-0", "alone-1", "kd-1"]);
  assertEquals(await names([resultOf("kd", 1, { alpha: 0.5 })]), []);
  // Trained from a teacher of other options.
  const fromOther = [resultOf("alone", 0, { lr: 0.5 }), resultOf("kd", 1, { alpha: 0.9 })];
  assertEquals(await names(fromOther), []);
  const onOther = [{ ...resultOf("alone", 0), data_digest: "0".repeat(64) }, resultOf("alone", 1)];
  assertEquals(await names(onOther), ["alone-1"]);
  const anyData = await fittingResults({ ...table, dataDigest: undefined }, onOther);
  assertEquals(anyData.length, 2);
});
