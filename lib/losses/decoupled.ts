/**
 * Decoupled knowledge distillation (Zhao et al., arXiv:2203.08679).
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { checkOptions } from "../arguments.ts";
import { checkDistilledLabels, checkLogits, checkTemperature, checkWeights } from "./checks.ts";
import { tidy } from "../autodiff/tidy.ts";
import { oneHot } from "./one_hot.ts";
import { divergence, softened } from "./standardize.ts";

/** Options of {@link decoupledDistillationLoss}. */
export interface DecoupledDistillationOptions {
  /** Weight of the target class part (TCKD), 0 or more. Default 1. */
  alpha?: number;
  /** Weight of the other classes part (NCKD), 0 or more. Default 8; the paper uses 1 to 10. */
  beta?: number;
  /** Softens all distributions. Must be above 0. Default 4. */
  temperature?: number;
  /**
   * Logit standardization, LSKD (arXiv:2403.01427): compares z-scored logits, as in
   * {@link DistillationOptions}. The authors' script multiplies alpha by 9, and sets beta to 9 times
   * that: 81. Default false.
   */
  standardize?: boolean;
}

/**
 * `T^2 * (alpha * TCKD + beta * NCKD)`, without cross entropy: add that yourself. TCKD is the
 * divergence between the teacher's and the student's `[p(target), 1 - p(target)]`. NCKD is the
 * divergence between their distributions over the other classes. Both are means over the batch. This is
 * `dkd_loss` of the authors' mdistiller, computed with logarithms so that it stays finite if a
 * probability underflows.
 *
 * @param studentLogits `[N, classes]`, 2 classes or more.
 * @param teacherLogits `[N, classes]`.
 * @param labels int32 `[N]`, each in `[0, classes)`.
 * @returns a scalar, differentiable in both logits. It is 0 if they are equal, and NaN if a label is
 * not one of the classes.
 * @throws {RangeError} If an option is out of range.
 * @throws {TypeError} If the shapes do not fit, labels are not int32 or are one-hot, a tensor is
 * disposed, or an option is unknown.
 *
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { crossEntropy, decoupledDistillationLoss } from "@attention-transfer/core";
 *
 * const student = tf.tensor2d([[1, 0, -1]]);
 * const teacher = tf.tensor2d([[3, 0, -3]]);
 * const labels = tf.tensor1d([0], "int32");
 * const distillation = decoupledDistillationLoss(student, teacher, labels, { beta: 2 });
 * tf.add(crossEntropy(student, labels), distillation).print();
 * ```
 */
export function decoupledDistillationLoss(
  studentLogits: tf.Tensor2D,
  teacherLogits: tf.Tensor2D,
  labels: tf.Tensor1D,
  options: DecoupledDistillationOptions = {},
): tf.Scalar {
  checkOptions("decoupledDistillationLoss", options, {
    alpha: true,
    beta: true,
    temperature: true,
    standardize: true,
  });
  const { alpha = 1, beta = 8, temperature = 4, standardize = false } = options;
  checkTemperature(temperature);
  checkWeights({ alpha, beta });
  checkLogits(studentLogits, teacherLogits, 2);
  checkDistilledLabels(labels, studentLogits);
  return tidy(() => {
    const targets = oneHot(labels, studentLogits.shape[1]);
    const [student, teacher] = [studentLogits, teacherLogits].map((logits) =>
      decouple(softened(logits, { temperature, standardize }), targets)
    ) as [Decoupled, Decoupled];
    return tf.add(
      tf.mul(divergence(teacher.target, student.target), alpha * temperature ** 2),
      tf.mul(divergence(teacher.others, student.others), beta * temperature ** 2),
    );
  });
}

/**
 * How far below the smallest logit the target's is put among the others, so that its probability is 0.
 * The authors subtract 1000 from it, which is too little for very small temperatures.
 */
const below = 1000;

/** Log probabilities: `target` `[N, 2]` for target or not, `others` `[N, classes]` without the target. */
interface Decoupled {
  target: tf.Tensor;
  others: tf.Tensor;
}

function decouple(logits: tf.Tensor, targets: tf.Tensor): Decoupled {
  const range = tf.sub(tf.max(logits, 1, true), tf.min(logits, 1, true));
  const otherLogits = tf.sub(logits, tf.mul(targets, tf.add(range, below)));
  const all = tf.logSumExp(logits, 1, true);
  const allOthers = tf.logSumExp(otherLogits, 1, true);
  const targetLogit = tf.sum(tf.mul(logits, targets), 1, true);
  return {
    target: tf.sub(tf.concat([targetLogit, allOthers], 1), all),
    others: tf.sub(otherLogits, allOthers),
  };
}
