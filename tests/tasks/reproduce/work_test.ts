/** Tests of what there is to do for a table. @module */
import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { UserError } from "../../../lib/errors.ts";
import type { Json } from "../../../lib/json.ts";
import { parseOptions } from "../../../tasks/cli/options.ts";
import { reproduceCommand } from "../../../tasks/reproduce/options.ts";
import { listLines } from "../../../tasks/reproduce/print_list.ts";
import { writeReport } from "../../../tasks/reproduce/report.ts";
import {
  canTeach,
  missingRuns,
  neededState,
  openWork,
  type Work,
} from "../../../tasks/reproduce/work.ts";
import { inFolder } from "../../folders.ts";
import { digest, tableOf, writeLog } from "./logs.ts";

const table = tableOf({
  dataDigest: digest,
  options: { epochs: 3, lr: 0.1 },
  seeds: [0],
  rows: [
    { name: "big", label: "Teacher" },
    { name: "at", label: "AT", teacher: "big", options: { beta: 1000 } },
    { name: "alone", label: "Alone" },
  ],
});

function open(folder: string, ...more: string[]): Promise<Work> {
  const args = ["--out", join(folder, "out"), "--runs", join(folder, "runs"), ...more];
  return openWork(table, parseOptions(reproduceCommand.options, args));
}

/** Writes the folder of a run. Its parameters are there from the first epoch on. */
async function writeRun(
  folder: string,
  run: string,
  accuracies: readonly number[],
  options: Record<string, Json> = {},
): Promise<void> {
  const path = join(folder, "runs", run);
  await writeLog(path, accuracies, { options });
  await Deno.writeTextFile(join(path, "model.safetensors"), "");
}

/** A folder where the results file has the teacher, whose own folder is gone. */
function withTeacherGone(test: (folder: string) => Promise<void>): Promise<void> {
  return inFolder(async (folder) => {
    await writeRun(folder, "big-0", [50, 60, 70]);
    await writeReport(await open(folder), join(folder, "out"));
    await Deno.remove(join(folder, "runs/big-0"), { recursive: true });
    await test(folder);
  });
}

Deno.test("openWork() refuses a folder with the name of a teacher in pretrained/", () =>
  inFolder(async (folder) => {
    const table = tableOf({
      options: { epochs: 3 },
      seeds: [0],
      rows: [{ name: "at", label: "AT", teacher: "wrn_16_2", options: { beta: 1000 } }],
    });
    const options = parseOptions(reproduceCommand.options, []);
    const before = Deno.cwd();
    Deno.chdir(folder);
    try {
      assertEquals((await openWork(table, options)).runs.length, 1);
      await Deno.mkdir("logs/wrn_16_2", { recursive: true });
      const why = `there is a folder ${join("logs", "wrn_16_2")}, which the runs would take`;
      await assertRejects(() => openWork(table, options), UserError, why);
    } finally {
      Deno.chdir(before);
    }
  }));

const names = (work: Work) => missingRuns(work).map(({ name }) => name);

Deno.test("canTeach() and missingRuns() ask the folder of a teacher, not the results file", () =>
  withTeacherGone(async (folder) => {
    const gone = await open(folder);
    assertEquals(gone.states.get("big-0")?.kind, "done");
    assertEquals([canTeach(gone, "big-0"), names(gone)], [false, ["big-0", "at-0", "alone-0"]]);
    await writeRun(folder, "big-0", [50, 60]); // half trained, with parameters
    const begun = await open(folder);
    assertEquals([canTeach(begun, "big-0"), names(begun)], [false, ["big-0", "at-0", "alone-0"]]);
    await writeRun(folder, "big-0", [50, 60, 70]);
    const done = await open(folder);
    assertEquals([canTeach(done, "big-0"), names(done)], [true, ["at-0", "alone-0"]]);
  }));

Deno.test("missingRuns() leaves a teacher alone that no student needs", () =>
  withTeacherGone(async (folder) => {
    assertEquals(names(await open(folder, "--only", "big,alone")), ["alone-0"]);
    await writeRun(folder, "at-0", [1, 2, 3], { beta: 1000, teacher_id: "runs/big-0" });
    assertEquals(names(await open(folder)), ["alone-0"]);
  }));

Deno.test("neededState() names a teacher's folder that cannot be used, and trains no run in it", () =>
  withTeacherGone(async (folder) => {
    const why = async () => {
      const work = await open(folder);
      assertEquals(names(work), ["at-0", "alone-0"]);
      const state = neededState(work, work.runs.find(({ name }) => name === "big-0")!);
      return state.kind === "unusable" ? state.why : state.kind;
    };
    await writeRun(folder, "big-0", [50, 60, 70], { lr: 0.05 });
    assertMatch(await why(), /big-0 does not fit its row, which has --lr 0\.1 in place of 0\.05/);
    await Deno.remove(join(folder, "runs/big-0"), { recursive: true });
    await writeLog(join(folder, "runs/big-0"), [50, 60, 70]);
    assertMatch(await why(), /big-0 has no model\.safetensors: move it away/);
  }));

Deno.test("listLines() counts a run that cannot be used apart, and a teacher to train with its time", () =>
  withTeacherGone(async (folder) => {
    const lines = async () => listLines(await open(folder)).join("\n");
    await writeRun(folder, "alone-0", [50], { lr: 0.05 });
    // The teacher took 96 s.
    assertMatch(
      await lines(),
      /^0 of 3 runs are done; 1 cannot be used; the others take about \d/m,
    );
    assertMatch(await lines(), /^big-0: to train, about 2 min$/m);
    assertMatch(await lines(), /^alone-0: cannot be used: .*alone-0 does not fit its row/m);
  }));
