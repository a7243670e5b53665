/**
 * Measures how strongly each term of a loss pulls at the student.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { tidy } from "../../models/layers.ts";
import { checkOptions } from "../arguments.ts";
import { total } from "../autodiff/total.ts";
import { mapValues, type Tensors } from "../params.ts";
import { valueAndGradients } from "./gradients.ts";
import {
  type AnyBatch,
  lossEvaluation,
  type LossOptions,
  type StepScalars,
  type Trainable,
  weighted,
} from "./loss.ts";

/**
 * Builds a function that returns, for each weighted term of a loss, the norm of its gradient over all
 * of the student's parameters. Weights are well chosen if these norms have a similar size.
 *
 * The function takes parameters, batch and scalars as a step does, and the values of the loss's own
 * parameters, by default `lossParams` of the options.
 *
 * @throws {TypeError} As {@link trainStep} and its step.
 *
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { crossEntropy, termGradientNorms, wideResNet } from "@attention-transfer/core";
 *
 * const model = wideResNet({ depth: 10, width: 0.25, numClasses: 10 });
 * const norms = termGradientNorms({
 *   model,
 *   loss: ({ student, batch }) => ({
 *     cross_entropy: crossEntropy(student.logits, batch.labels),
 *     size: { value: tf.mean(tf.square(student.logits)), weight: 0.1 },
 *   }),
 * });
 * const batch = { images: tf.ones([2, 8, 8, 3]), labels: tf.tensor1d([0, 1], "int32") };
 * console.log(Object.keys(norms(model.init(0), batch, { learningRate: tf.scalar(0.1) })));
 * ```
 */
export function termGradientNorms(options: LossOptions): (
  params: Tensors,
  batch: AnyBatch,
  scalars: StepScalars,
  lossParams?: Tensors,
) => Record<string, tf.Scalar> {
  checkOptions("termGradientNorms", options, {
    ...{ model: true, loss: true, teacher: true, lossParams: true },
  });
  const evaluate = lossEvaluation(options);
  return (params, batch, scalars, lossParams = options.lossParams ?? {}) =>
    tidy(() => {
      const { trainable, f } = evaluate(params, lossParams, batch, scalars);
      return valueAndGradients((trained: Trainable) => {
        const { terms } = f(trained);
        const ofStudent = Object.values(trained.student);
        return {
          loss: total(Object.values(terms).map(weighted)),
          extras: mapValues(terms, (term) => gradientNorm(weighted(term), ofStudent)),
        };
      }, trainable).extras;
    });
}

/** The norm of the gradient of a loss on the tape. Parameters that it does not depend on add nothing. */
function gradientNorm(loss: tf.Scalar, params: tf.Tensor[]): tf.Scalar {
  const { grads } = tf.engine().gradients(() => loss, params, undefined, true);
  const squares = grads.filter((gradient) => gradient).map((gradient) =>
    tf.sum(tf.square(gradient))
  );
  return squares.length === 0 ? tf.scalar(0) : tf.sqrt(total(squares)) as tf.Scalar;
}
