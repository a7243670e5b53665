/** Tests of what sets a trained run apart from its row. @module */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { fromFileUrl } from "@std/path";
import type { Json } from "../../../lib/json.ts";
import { differenceOfLog, differenceOfResult } from "../../../tasks/reproduce/differences.ts";
import { fittingResults, readResults } from "../../../tasks/reproduce/results.ts";
import {
  argumentsOf,
  commandOf,
  readTable,
  type Run,
  runsOf,
} from "../../../tasks/reproduce/table.ts";
import { tableOf } from "./logs.ts";

/** The first run of a table with one row, beside two others that may be its teacher. */
function runOf(row: Record<string, unknown>): Run {
  const options = { epochs: 3, ...row.options as Record<string, Json> };
  const rows = [
    { name: "mine", label: "Mine", ...row, options },
    ...["big", "bigger"].map((name) => ({ name, label: name, options: { epochs: 3, width: 2 } })),
  ];
  return runsOf(tableOf({ seeds: [0], rows })).find(({ name }) => name === "mine-0")!;
}

const ofLog = (row: Record<string, unknown>, logged: Record<string, Json>) =>
  differenceOfLog(runOf(row), { epochs: 3, seed: 0, recipe: "paper", ...logged });

/** The difference of a result that was written for one row and is compared with another. */
async function ofResult(
  before: Record<string, unknown>,
  now: Record<string, unknown>,
  options: Record<string, Json> = {},
): Promise<string | undefined> {
  const folderOf = (run: string) => `logs/${run}`;
  const run = runOf(before);
  const command = commandOf(run, argumentsOf(run, folderOf));
  const result = { command, options: { epochs: 3, seed: 0, ...options } };
  return await differenceOfResult(runOf(now), result, folderOf);
}

const at = { teacher: "big", options: { beta: 1000 } };

Deno.test("differenceOfLog() compares options that the row leaves out with their defaults", async () => {
  assertEquals(await ofLog({}, { lr: 0.1, alpha: 0, log_terms: true, dataroot: "/d" }), undefined);
  assertEquals(await ofLog({}, { lr: 0.05 }), "--lr 0.1 in place of 0.05");
  assertEquals(await ofLog({}, { epochs: 5 }), "--epochs 3 in place of 5");
  assertEquals(await ofLog({}, { label_smoothing: 0.1 }), "--label-smoothing 0 in place of 0.1");
});

Deno.test("differenceOfLog() compares teachers by name, wherever they are, and programs", async () => {
  assertEquals(await ofLog(at, { beta: 1000, teacher_id: "/moved/big-0" }), undefined);
  const teacher = await ofLog(at, { beta: 1000, teacher_id: "logs/bigger-0" });
  assertEquals(teacher, "the teacher big-0 in place of bigger-0");
  assertEquals(await ofLog({}, { teacher_id: "big" }), "the teacher (none) in place of big");
  const pytorch = { program: "pytorch" };
  assertEquals(await ofLog({}, { variant: "eager" }), "the program cifar in place of pytorch");
  assertEquals(await ofLog(pytorch, {}), "the program pytorch in place of cifar");
  const logged = { epochs: 3, seed: 0, variant: "eager" };
  assertStringIncludes(
    await differenceOfLog(runOf(pytorch), logged) ?? "",
    "--variant channels_last in place of eager",
  );
});

Deno.test("differenceOfResult() knows the teacher, the program and the start from the command", async () => {
  const options = { beta: 1000 };
  assertEquals(await ofResult(at, at, options), undefined);
  assertStringIncludes(
    await ofResult(at, { ...at, teacher: "bigger" }, options) ?? "",
    "--teacher-id logs/bigger-0 in place of logs/big-0",
  );
  assertEquals(
    await ofResult({}, { program: "pytorch" }),
    "the program pytorch in place of cifar",
  );
  assertEquals(
    await ofResult({ options: { init: "a.safetensors" } }, {}),
    "--init (none) in place of a.safetensors",
  );
  assertEquals(await ofResult({}, {}, { beta: 1000 }), "--beta 0 in place of 1000");
});

Deno.test("differenceOfResult() finds none in the committed results", async () => {
  const folder = fromFileUrl(new URL("../../../results", import.meta.url));
  for (const name of ["short", "schedule"]) {
    const results = await readResults(folder, name);
    const fitting = await fittingResults(await readTable(name), results);
    assertEquals(fitting.map(({ name }) => name).sort(), results.map(({ name }) => name).sort());
  }
});
