/**
 * Knowledge distillation with a teacher's soft targets.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { checkOptions, checkPart } from "../arguments.ts";
import { tidy } from "../autodiff/tidy.ts";
import { checkDistilledLabels, checkLogits, checkTemperature } from "./checks.ts";
import { crossEntropy } from "./cross_entropy.ts";
import { divergence, softened } from "./standardize.ts";

/** Options of {@link distillationLoss}. */
export interface DistillationOptions {
  /** Softens both distributions. Must be above 0. Published setting: 4. */
  temperature: number;
  /** Weight of the KL term, 0 to 1. Cross entropy gets `1 - alpha`. Published setting: 0.9. */
  alpha: number;
  /**
   * Logit standardization, LSKD (arXiv:2403.01427): the KL term compares z-scored logits,
   * `(z - mean) / (std + 1e-7)` over the classes, std unbiased. Cross entropy takes the logits as they
   * are. Published setting: temperature 2, 9 times the KL term and 0.1 times cross entropy. Default
   * false.
   */
  standardize?: boolean;
}

/**
 * `alpha * T^2 * KL(softmax(teacher / T) || softmax(student / T)) + (1 - alpha) * crossEntropy`, both
 * means over the batch (Hinton, Vinyals and Dean, arXiv:1503.02531; `T^2` keeps the gradient's scale).
 *
 * This is the true divergence, with the teacher's entropy: equal logits give 0. As in the code of the
 * attention transfer paper, `alpha` weighs the KL term. Some libraries weigh cross entropy with it.
 *
 * @param studentLogits `[N, classes]`; 2 classes or more if they are standardised.
 * @param teacherLogits `[N, classes]`.
 * @param labels int32 `[N]`, each in `[0, classes)`.
 * @returns a scalar, differentiable in both logits.
 * @throws {RangeError} If `temperature` is not above 0, or `alpha` is not in [0, 1].
 * @throws {TypeError} If the shapes do not fit, labels are not int32 or are one-hot, a tensor is
 * disposed, or an option is unknown.
 *
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { distillationLoss } from "@attention-transfer/core";
 *
 * const student = tf.tensor2d([[1, 0, -1]]);
 * const teacher = tf.tensor2d([[3, 0, -3]]);
 * const labels = tf.tensor1d([0], "int32");
 * distillationLoss(student, teacher, labels, { temperature: 4, alpha: 0.9 }).print();
 * ```
 */
export function distillationLoss(
  studentLogits: tf.Tensor2D,
  teacherLogits: tf.Tensor2D,
  labels: tf.Tensor1D,
  options: DistillationOptions,
): tf.Scalar {
  checkOptions("distillationLoss", options, {
    ...{ temperature: true, alpha: true, standardize: true },
  });
  const { temperature, alpha, standardize = false } = options;
  checkTemperature(temperature);
  checkPart("distil with alpha", alpha);
  checkLogits(studentLogits, teacherLogits, standardize ? 2 : 1);
  checkDistilledLabels(labels, studentLogits);
  return tidy(() => {
    const [p, q] = [studentLogits, teacherLogits].map((logits) =>
      tf.logSoftmax(softened(logits, { temperature, standardize }))
    ) as [tf.Tensor2D, tf.Tensor2D];
    const ofTeacher = tf.mul(divergence(q, p), alpha * temperature ** 2) as tf.Scalar;
    if (alpha === 1) return ofTeacher;
    return tf.add(ofTeacher, tf.mul(crossEntropy(studentLogits, labels), 1 - alpha));
  });
}
