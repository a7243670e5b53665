/** Tests of what a run does first; workers that meet are in meeting_test.ts. @module */
import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { basename, join } from "@std/path";
import { UserError } from "../../../lib/errors.ts";
import { beginRun, defaultFolder } from "../../../tasks/run/begin_run.ts";
import { inFolder } from "../../folders.ts";

Deno.test("defaultFolder() names the network and the time, to the millisecond", async () => {
  const first = defaultFolder("wrn_16_1");
  assertMatch(basename(first), /^wrn_16_1_20\d{6}-\d{6}-\d{3}$/);
  await new Promise((resolve) => setTimeout(resolve, 5));
  assert(first < defaultFolder("wrn_16_1"));
});

Deno.test("defaultFolder() is the same for all workers, which get the time of their start", () => {
  const time = Date.UTC(2026, 10, 29, 18, 5, 7, 9);
  assertEquals(defaultFolder("nets/own.ts", time), join("logs", "own.ts_20261129-180507-009"));
});

Deno.test("beginRun() refuses a folder with the results of another run", () =>
  inFolder(async (cwd) => {
    const save = join(cwd, "run");
    assertEquals(await beginRun({ save }, "wrn"), { folder: save, worker: undefined });
    await Deno.mkdir(save);
    await Deno.writeTextFile(join(save, "model.safetensors"), "");
    await assertRejects(() => beginRun({ save }, "wrn"), UserError, "the results of another");
    assertEquals((await beginRun({ resume: save }, "wrn")).folder, save);
  }));
