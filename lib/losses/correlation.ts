/**
 * DIST, distillation from a stronger teacher (Huang et al., arXiv:2205.10536): correlations of softened
 * probabilities.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { checkOptions } from "../arguments.ts";
import { tidy } from "../autodiff/tidy.ts";
import { checkLogits, checkTemperature, checkWeights } from "./checks.ts";

/** Options of {@link correlationDistillationLoss}. */
export interface CorrelationDistillationOptions {
  /** Weight of the relations between classes, of each example; 0 or more. Default 2, as published. */
  beta?: number;
  /** Weight of the relations within a class, over the examples; 0 or more. Default 2, as published. */
  gamma?: number;
  /** The paper's tau, above 0. Default 4, as published for CIFAR-100; for ImageNet it is 1. */
  temperature?: number;
}

/**
 * `T^2 * (beta * inter + gamma * intra)` of the softened class probabilities `softmax(logits / T)`.
 * `inter` is one minus Pearson's correlation of student and teacher over the classes, the mean over the
 * examples. `intra` is the same over the examples of the batch, the mean over the classes. This is
 * `DIST` of the authors' code: 1e-8 is added to the product of the norms, so what is constant has
 * correlation 0, without gradient.
 *
 * @param studentLogits `[N, classes]`, 2 classes or more. With one example, only `inter` has a gradient.
 * @param teacherLogits `[N, classes]`.
 * @returns a scalar, differentiable in both logits. Near 0 if the probabilities are positive affine
 * functions of each other, by class and by example; but `intra` is 1 for one example, and above 0 where
 * the probabilities hardly vary.
 * @throws {RangeError} If an option is out of range.
 * @throws {TypeError} If the shapes do not fit, a tensor is disposed, or an option is unknown.
 *
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { correlationDistillationLoss } from "@attention-transfer/core";
 *
 * const student = tf.tensor2d([[1, 0, -1], [0, 1, 0]]);
 * const teacher = tf.tensor2d([[3, 0, -3], [0, 2, 1]]);
 * console.log(correlationDistillationLoss(student, teacher, { temperature: 1 }).shape); // []
 * ```
 */
export function correlationDistillationLoss(
  studentLogits: tf.Tensor2D,
  teacherLogits: tf.Tensor2D,
  options: CorrelationDistillationOptions = {},
): tf.Scalar {
  checkOptions("correlationDistillationLoss", options, {
    ...{ beta: true, gamma: true, temperature: true },
  });
  const { beta = 2, gamma = 2, temperature = 4 } = options;
  checkTemperature(temperature);
  checkWeights({ beta, gamma });
  checkLogits(studentLogits, teacherLogits, 2);
  return tidy(() => {
    const [student, teacher] = [studentLogits, teacherLogits].map((logits) =>
      tf.softmax(tf.div(logits, temperature))
    ) as [tf.Tensor2D, tf.Tensor2D];
    return tf.add(
      tf.mul(distance(student, teacher, 1), beta * temperature ** 2),
      tf.mul(distance(student, teacher, 0), gamma * temperature ** 2),
    );
  });
}

/** Added to the product of the norms, as in the authors' code. */
const epsilon = 1e-8;

/** The smallest square of a norm with a gradient: PyTorch's norm has gradient 0 at 0, too. */
const leastSquare = 1e-30;

/** One minus Pearson's correlation along an axis, the mean over the other. */
function distance(a: tf.Tensor2D, b: tf.Tensor2D, axis: number): tf.Scalar {
  const [x, y] = [a, b].map((values) => tf.sub(values, tf.mean(values, axis, true))) as [
    tf.Tensor,
    tf.Tensor,
  ];
  const product = tf.mul(norm(x, axis), norm(y, axis));
  const correlation = tf.div(tf.sum(tf.mul(x, y), axis), tf.add(product, epsilon));
  return tf.sub(1, tf.mean(correlation));
}

function norm(x: tf.Tensor, axis: number): tf.Tensor {
  return tf.sqrt(tf.maximum(tf.sum(tf.square(x), axis), leastSquare));
}
