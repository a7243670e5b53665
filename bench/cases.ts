/**
 * The training steps that the benchmark times, and our way to make them.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { jit } from "../lib/engine/jit.ts";
import { sgd } from "../lib/training/sgd.ts";
import { startState, trainStep } from "../lib/training/train_step.ts";
import { wideResNet } from "../models/wide_resnet.ts";
import { transferLoss } from "../tasks/transfer_loss.ts";

/** A training step to time; the names are those that bench/pytorch.py takes. */
export interface Case {
  depth: number;
  width: number;
  teacherDepth?: number;
  teacherWidth?: number;
  batch: number;
  alpha: number;
  beta: number;
}

/** What is timed, by name. */
export const cases: Record<string, Case> = {
  "WRN-16-1": { depth: 16, width: 1, batch: 128, alpha: 0, beta: 0 },
  "WRN-16-1 <- WRN-16-2, AT+KD": {
    depth: 16,
    width: 1,
    teacherDepth: 16,
    teacherWidth: 2,
    batch: 128,
    alpha: 0.9,
    beta: 1000,
  },
};

/** Something that makes steps of a case, and gives the milliseconds of each. */
export type Program = (steps: number) => Promise<number[]>;

/** Our own training step, the one that the tasks make. */
export function ourProgram(
  { depth, width, teacherDepth, teacherWidth, batch, alpha, beta }: Case,
): Program {
  const numClasses = 10;
  const model = wideResNet({ depth, width, numClasses });
  const optimizer = sgd();
  let teacher;
  if (teacherDepth !== undefined && teacherWidth !== undefined) {
    const { f, init } = wideResNet({ depth: teacherDepth, width: teacherWidth, numClasses });
    const params = init(1);
    teacher = (images: tf.Tensor4D) => f(images, params, "eval");
  }
  const loss = transferLoss({ alpha, beta, temperature: 4 });
  const step = jit(trainStep({ model, optimizer, teacher, loss }));
  const images: tf.Tensor4D = tf.randomNormal([batch, 32, 32, 3]);
  const labels = tf.tensor1d(Array.from({ length: batch }, (_, i) => i % numClasses), "int32");
  const rate = tf.scalar(0.1);
  let state = startState(model.init(0), optimizer);
  return async (steps) => {
    const times: number[] = [];
    for (let i = 0; i < steps; i++) {
      const start = performance.now();
      const result = await step(state, { images, labels }, rate);
      times.push(performance.now() - start);
      tf.dispose(state as unknown as tf.TensorContainer);
      state = result.state;
      tf.dispose([result.correct, ...Object.values(result.terms)]);
    }
    return times;
  };
}
