/**
 * That what stands in a run folder for a file, and is none, is refused: a stranger may have put it there.
 *
 * @module
 */
import "@tensorflow/tfjs";
import * as tf from "@tensorflow/tfjs-core";
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { UserError } from "../../../lib/errors.ts";
import {
  checkpointOptions,
  checkpointPath,
  loadCheckpoint,
  saveCheckpoint,
} from "../../../lib/train/checkpoint.ts";
import { startPosition } from "../../../lib/train/position.ts";
import { appendStart, readLog } from "../../../tasks/run/run_log.ts";
import { openStepLog } from "../../../tasks/run/step_log.ts";
import { inFolder, makePipe } from "../../folders.ts";

tf.setBackend("cpu");

const what = "is a pipe, a socket or a device, and no file";
const ignore = Deno.build.os === "windows";

Deno.test({
  name: "loadCheckpoint() passes over a pipe and a device, and does not wait for them",
  ignore,
  fn: () =>
    inFolder(async (folder) => {
      const state = { params: {}, buffers: {} };
      const options = { depth: 10 };
      await saveCheckpoint(folder, { state, position: startPosition(), options, engine: "none" });
      using _pipe = await makePipe(checkpointPath(folder, 9));
      const { path, damaged } = await loadCheckpoint(folder);
      assertEquals(path, checkpointPath(folder, 0));
      assertEquals(damaged, [`${checkpointPath(folder, 9)}: ${what}`]);

      await Deno.symlink("/dev/zero", checkpointPath(folder, 10));
      assertEquals(await checkpointOptions(folder), options);
      await Deno.remove(path);
      const { message } = await assertRejects(() => loadCheckpoint(folder), UserError, what);
      assertStringIncludes(message, "all of its checkpoints are damaged");
    }),
});

for (const name of ["log.txt", "steps.txt"]) {
  Deno.test({
    name: `a ${name} that is a pipe or a device is neither read nor written to`,
    ignore,
    fn: () =>
      inFolder(async (folder) => {
        const path = join(folder, name);
        const uses = name === "log.txt"
          ? [() => readLog(folder), () => appendStart(folder, {})]
          : [() => openStepLog(folder, 3)];
        const assertRefused = async () => {
          for (const use of uses) {
            const { message } = await assertRejects(use as () => Promise<unknown>, UserError);
            assert(
              /is a link, and no file$|is a pipe, a socket or a device/.test(message),
              message,
            );
            assert(message.includes(path) && !message.includes("\n"), message);
          }
        };
        {
          using _pipe = await makePipe(path);
          await assertRefused();
        }
        await Deno.remove(path);
        await Deno.symlink("/dev/zero", path);
        await assertRefused();
      }),
  });
}

Deno.test("appendStart() writes to no file that a link in the run folder leads to", () =>
  inFolder(async (folder) => {
    const other = join(folder, "other");
    await Deno.writeTextFile(other, "json_start: {");
    await Deno.symlink("other", join(folder, "log.txt"));
    await assertRejects(
      () => appendStart(folder, { depth: 10 }),
      UserError,
      "is a link, and no file",
    );
    assertEquals(await Deno.readTextFile(other), "json_start: {");
  }));
