/**
 * Our training step of WRN-10-1 on tfjs's wasm and webgpu backends, beside one that is written with
 * tfjs alone. Each backend has a process of its own.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { UserError } from "../../lib/errors.ts";
import { crossEntropy } from "../../lib/losses/cross_entropy.ts";
import { nextState } from "../../lib/train/dispose.ts";
import { sgd } from "../../lib/train/sgd.ts";
import { trainStep } from "../../lib/train/train_step.ts";
import { startState } from "../../lib/train/train_state.ts";
import { wideResNet } from "../../models/wide_resnet.ts";
import { startPortable } from "../cli/engine.ts";
import { runMain } from "../cli/main.ts";
import { denoArgs, lastLineOf } from "./child.ts";
import { type Bench, printTimes } from "./context.ts";
import { ours, type Program, repeated, timeInTurns, type Times } from "./in_turns.ts";
import { plainSteps } from "./plain_tfjs.ts";

/** Images of a batch. */
const batchSize = 8;

const backends = ["wasm", "webgpu"] as const;

/** Times both steps on each backend, in turns. A backend that cannot start is left out, and named. */
export async function timeBackends({ rounds, steps }: Bench): Promise<Record<string, Times>> {
  const results: Record<string, Times> = {};
  for (const backend of backends) {
    console.error(`timing steps on ${backend}`);
    const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: denoArgs("tasks/bench/backends.ts", backend, String(rounds), String(steps)),
    }).output();
    if (success) results[backend] = JSON.parse(lastLineOf(stdout));
    else console.error(`note: without ${backend}: ${lastLineOf(stderr).replace(/^error: /, "")}`);
  }
  printTimes(`WRN-10-1, ${batchSize} images a step`, results);
  return results;
}

/** Our step, as an own loop makes it. */
function ourSteps(images: tf.Tensor4D, labels: tf.Tensor1D): Program {
  const model = wideResNet({ depth: 10, width: 1, numClasses: 10 });
  const optimizer = sgd({ momentum: 0.9, weightDecay: 0 }); // as tfjs's own
  const step = trainStep({
    model,
    optimizer,
    loss: ({ student, batch }) => ({ crossEntropy: crossEntropy(student.logits, batch.labels) }),
  });
  const scalars = { learningRate: tf.scalar(0.1) };
  let state = startState(model.init(0), optimizer);
  return repeated(async () => {
    const result = step(state, { images, labels }, scalars);
    await result.loss.data();
    state = nextState(state, result);
  });
}

async function main([backend, rounds, steps]: string[]): Promise<void> {
  if (backend !== "wasm" && backend !== "webgpu") throw new UserError(`No backend ${backend}`);
  await startPortable(backend);
  const images = tf.randomNormal<tf.Rank.R4>([batchSize, 32, 32, 3], 0, 1, "float32", 0);
  const labels = tf.tensor1d(Array.from({ length: batchSize }, (_, i) => i % 10), "int32");
  const programs = { [ours]: ourSteps(images, labels), "tfjs alone": plainSteps(images, labels) };
  console.log(JSON.stringify(await timeInTurns(programs, Number(rounds), Number(steps))));
}

if (import.meta.main) await runMain(main);
