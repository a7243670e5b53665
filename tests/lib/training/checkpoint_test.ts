/**
 * Checkpoints: what is written is read, and what is damaged is refused.
 *
 * @module
 */
import "@tensorflow/tfjs";
import * as tf from "@tensorflow/tfjs-core";
import { assert, assertEquals, assertRejects } from "@std/assert";
import { dirname, join } from "@std/path";
import { UserError } from "../../../lib/errors.ts";
import {
  type Checkpoint,
  loadCheckpoint,
  saveCheckpoint,
} from "../../../lib/training/checkpoint.ts";
import { addToMeter, emptyMeter } from "../../../lib/training/meter.ts";
import { sgd } from "../../../lib/training/sgd.ts";
import { startState } from "../../../lib/training/train_step.ts";
import { saveParams } from "../../../lib/weights.ts";
import { formatSafetensors, parseSafetensors } from "../../../lib/formats/safetensors.ts";
import { wideResNet } from "../../../models/wide_resnet.ts";
import { assertSame } from "../../same.ts";
import { inFolder } from "../../folders.ts";

tf.setBackend("cpu");

function checkpoint(seed: number): Checkpoint {
  const { init } = wideResNet({ depth: 10, width: 1, numClasses: 10 });
  const state = startState(init(seed), sgd());
  state.buffers["conv0"] = tf.randomNormal([3, 3, 3, 16], 0, 1, "float32", seed);
  return {
    state,
    position: {
      epoch: 3,
      batch: 17,
      steps: 1190,
      meter: addToMeter(emptyMeter(), {
        examples: 128,
        correct: 40,
        correct5: 90,
        loss: 0.34,
        terms: { cross_entropy: 1 / 3, attention_0: 1e-7 },
      }),
    },
    options: { depth: 10, lr: 0.1, epoch_step: [60, 120], teacher_id: null, save: "a\nb \u00e9" },
  };
}

function withFolder(test: (folder: string, path: string) => Promise<void>): Promise<void> {
  return inFolder((folder) => test(folder, join(folder, "checkpoint", "checkpoint.safetensors")));
}

/** Refuses with one line that names the file. */
async function assertRefused(folder: string, part: string): Promise<void> {
  const error = await assertRejects(() => loadCheckpoint(folder), UserError, part);
  assert(error.message.includes(folder), error.message);
  assertEquals(error.message.split("\n").length, 1);
}

Deno.test("loadCheckpoint() gives back what saveCheckpoint() was given", async () => {
  await withFolder(async (folder) => {
    const { state, position, options } = checkpoint(1);
    await saveCheckpoint(folder, { state, position, options });
    const loaded = await loadCheckpoint(folder);
    assertEquals(loaded.position, position);
    assertEquals(loaded.options, options);
    for (const part of ["params", "buffers"] as const) {
      assertSame(loaded.state[part], state[part]);
    }
  });
});

Deno.test("saveCheckpoint() replaces the checkpoint before, and leaves no other file", async () => {
  await withFolder(async (folder, path) => {
    await saveCheckpoint(folder, checkpoint(1));
    const later = checkpoint(2);
    await saveCheckpoint(folder, { ...later, position: { ...later.position, steps: 2000 } });
    assertEquals((await loadCheckpoint(folder)).position.steps, 2000);
    assertEquals([...Deno.readDirSync(dirname(path))].map(({ name }) => name), [
      "checkpoint.safetensors",
    ]);
  });
});

Deno.test("loadCheckpoint() refuses a folder without one", async () => {
  await withFolder(async (folder) => {
    await assertRefused(folder, "Cannot read parameters");
    await assertRefused(join(folder, "nowhere"), "Cannot read parameters");
  });
});

Deno.test("loadCheckpoint() refuses a file that is cut short or not a checkpoint", async () => {
  await withFolder(async (folder, path) => {
    await saveCheckpoint(folder, checkpoint(1));
    const bytes = await Deno.readFile(path);
    for (const length of [0, 7, 100, Math.floor(bytes.length / 2), bytes.length - 1]) {
      await Deno.writeFile(path, bytes.subarray(0, length));
      await assertRefused(folder, "Cannot read parameters");
    }
    await saveParams(path, checkpoint(1).state.params);
    await assertRefused(folder, "no checkpoint of this version");
  });
});

Deno.test("loadCheckpoint() refuses a header whose position or options are damaged", async () => {
  await withFolder(async (folder, path) => {
    await saveCheckpoint(folder, checkpoint(1));
    const { tensors, metadata } = parseSafetensors(await Deno.readFile(path));
    for (const name of ["position", "options"]) {
      for (const text of ["{", "7", "null", undefined]) {
        const { [name]: _, ...others } = metadata;
        const damaged = text === undefined ? others : { ...others, [name]: text };
        await Deno.writeFile(path, formatSafetensors({ tensors, metadata: damaged }));
        await assertRefused(folder, "damaged");
      }
    }
  });
});

Deno.test("saveCheckpoint() throws a UserError where it cannot write", async () => {
  await withFolder(async (folder) => {
    const file = join(folder, "file");
    await Deno.writeTextFile(file, "");
    await assertRejects(() => saveCheckpoint(file, checkpoint(1)), UserError, "Cannot write");
  });
});
