/**
 * Tests of what a run writes, and of the message when an evaluation runs out of memory.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { assert, assertEquals, assertRejects } from "@std/assert";
import { jit } from "../../../lib/jit/jit.ts";
import { useTensorFlow } from "../../../lib/backend/use_tensorflow.ts";
import { UserError } from "../../../lib/errors.ts";
import { readStats } from "../../../tasks/run/run_log.ts";
import { runTraining } from "../../../tasks/run/training_run.ts";
import { attentionLosses } from "../../../tasks/run/keep_epoch.ts";
import { inFolder } from "../../folders.ts";
import { long } from "../../long.ts";
import { runIn } from "./counting_run.ts";

await useTensorFlow({ gpu: false });

const side = 2 ** 19;

/** Fails like an evaluation that needs a terabyte, which no machine has. */
async function terabyte(): Promise<never> {
  const tile = jit((x: tf.Tensor) => tf.tile(x, [side, side]));
  try {
    return await tile(tf.ones([1, 1])) as never;
  } finally {
    tile.dispose();
  }
}

Deno.test("runTraining() writes an epoch's parameters before its line in the log", () =>
  inFolder(async (folder) => {
    const epochs: number[] = [];
    await runTraining({
      ...runIn(folder),
      saveStudent: async () => {
        epochs.push((await readStats(folder)).length);
      },
    });
    assertEquals(epochs, [0, 1]);
    assertEquals((await readStats(folder)).length, 2);
  }));

long.test("runTraining() advises no smaller batch where an evaluation lacks memory", () =>
  inFolder(async (folder) => {
    const run = { ...runIn(folder), evaluate: terabyte };
    const { message } = await assertRejects(() => runTraining(run), UserError);
    const [lack, advice, newest] = message.split("; ");
    assertEquals(
      lack,
      `Cannot go on: there is no memory for a tensor of shape [${side}, ${side}], 1.10e+3 GB`,
    );
    assertEquals(advice, "free some memory: an evaluation needs the same at any --batch-size");
    assert(newest!.endsWith(`-3.safetensors is whole: continue from it with --resume ${folder}`));
  }));

Deno.test("attentionLosses() are the means of the attention terms, in their order", () => {
  const terms = {
    cross_entropy: 1,
    attention_0: 2,
    attention_1: 3,
    activation_0: 4,
    relational: 5,
  };
  assertEquals(attentionLosses(terms), [2, 3]);
  assertEquals(attentionLosses({ cross_entropy: 1, gradient_attention: 4 }), []);
});
