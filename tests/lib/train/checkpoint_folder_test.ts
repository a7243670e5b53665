/** Tests of the folder of a run's checkpoints. @module */
import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { checkpointPath, folderOf, stepsKept } from "../../../lib/train/checkpoint_folder.ts";
import { inFolder } from "../../folders.ts";

Deno.test("stepsKept() counts a run's checkpoints, newest first, and nothing else", () =>
  inFolder(async (run) => {
    assertEquals(await stepsKept(run), []);
    await Deno.mkdir(folderOf(run));
    assertEquals(await stepsKept(run), []); // as a kill leaves it before the first checkpoint
    for (const steps of [9, 100, 20]) await Deno.writeTextFile(checkpointPath(run, steps), "");
    for (const name of ["checkpoint-x.safetensors", "checkpoint-3.safetensors.partial"]) {
      await Deno.writeTextFile(join(folderOf(run), name), "");
    }
    assertEquals(await stepsKept(run), [100, 20, 9]);
  }));
