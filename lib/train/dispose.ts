/**
 * Frees the tensors that a training loop no longer needs.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import type { StepResult } from "./train_step.ts";
import type { TrainState } from "./train_state.ts";

/**
 * Frees all tensors in the values, at any depth of arrays and objects: states, batches, parameters,
 * outputs of a network. What is freed already stays so.
 *
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { dispose, wideResNet } from "@attention-transfer/core";
 *
 * const { f, init } = wideResNet({ depth: 10, width: 0.25, numClasses: 10 });
 * const params = init(0);
 * const images = tf.zeros<tf.Rank.R4>([1, 8, 8, 3]);
 * const output = f(images, params, "eval");
 * dispose(output, params, images);
 * console.log(tf.memory().numTensors); // 0
 * ```
 */
export function dispose(...values: readonly (object | undefined)[]): void {
  for (const tensor of tensorsIn(values)) tensor.dispose();
}

/**
 * The state after a step, once everything that the step replaced is freed: the state before it, the
 * metrics of the result, and what else is given, such as the batch. Call it at the end of a loop of
 * your own, after reading the metrics; otherwise the memory grows with every step. {@link train} does
 * it for you.
 *
 * @param before the state before the step. The first one holds the parameters that you gave to
 * {@link startState}: they are freed too.
 * @param result the result of the step.
 * @param others what else is not needed any more. Tensors of the new state are never freed.
 *
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import * as at from "@attention-transfer/core";
 *
 * const model = at.wideResNet({ depth: 10, width: 0.25, numClasses: 10 });
 * const optimizer = at.sgd();
 * const step = at.jit(at.trainStep({
 *   model,
 *   optimizer,
 *   loss: ({ student, batch }) => ({ ce: at.crossEntropy(student.logits, batch.labels) }),
 * }));
 * const scalars = { learningRate: tf.scalar(0.1) };
 * let state = at.startState(model.init(0), optimizer);
 * for (let i = 0; i < 3; i++) {
 *   const batch = { images: tf.randomNormal([2, 8, 8, 3]), labels: tf.tensor1d([0, 1], "int32") };
 *   const result = await step(state, batch, scalars);
 *   console.log(result.terms.ce.dataSync()[0], tf.memory().numTensors); // the same number each time
 *   state = at.nextState(state, result, batch);
 * }
 * ```
 */
export function nextState(
  before: TrainState,
  result: StepResult,
  ...others: readonly (object | undefined)[]
): TrainState {
  disposeExcept([result.state], [before, result, ...others]);
  return result.state;
}

/** Frees all tensors in the values, except those in `kept`. */
export function disposeExcept(kept: readonly object[], values: readonly unknown[]): void {
  const keep = tensorsIn(kept);
  for (const tensor of tensorsIn(values)) if (!keep.has(tensor)) tensor.dispose();
}

/** All tensors in a value, each once. */
function tensorsIn(value: unknown, found = new Set<tf.Tensor>()): Set<tf.Tensor> {
  if (value instanceof tf.Tensor) found.add(value);
  else if (typeof value === "object" && value !== null && !ArrayBuffer.isView(value)) {
    for (const item of Object.values(value)) tensorsIn(item, found);
  }
  return found;
}
