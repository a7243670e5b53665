/**
 * Relational knowledge distillation (Park et al., arXiv:1904.05068).
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { checkOptions } from "../arguments.ts";
import { checkWeights } from "./checks.ts";
import { tidy } from "../autodiff/tidy.ts";
import { normalize, pairOfRows } from "./pairs.ts";

/** Options of {@link relationalDistillationLoss}. */
export interface RelationalDistillationOptions {
  /** Weight of the distances between two examples, 0 or more. Default 25. */
  distance?: number;
  /** Weight of the angles between three examples, 0 or more. Default 50. */
  angle?: number;
}

/**
 * `distance * RKD-D + angle * RKD-A`, as `RKDLoss` of RepDistiller: the means of the smooth L1 (Huber,
 * at 1) of the differences between the student's and the teacher's distances of all two examples, each
 * over its mean, and between the cosines of the angles of all three.
 *
 * Examples that coincide have distance 1e-6 and no angle, and add no gradient. The authors take no
 * gradient by the teacher; this has one, so keep the teacher out of what you differentiate by.
 *
 * @param student embeddings `[N, D]`, 2 examples or more; other sizes than N are flattened. Takes memory
 * for `N * N * (D + N)` numbers.
 * @param teacher of the same batch; D may differ.
 * @returns a scalar, differentiable in both.
 * @throws {RangeError} where a weight is below 0, or there is one example only.
 * @throws {TypeError} where embeddings are not of rank 2 or more, the batches differ, a tensor is
 * disposed, or an option is not known.
 *
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { relationalDistillationLoss } from "@attention-transfer/core";
 *
 * const student: tf.Tensor2D = tf.randomNormal([8, 64]);
 * const teacher: tf.Tensor2D = tf.randomNormal([8, 128]);
 * console.log(relationalDistillationLoss(student, teacher, { angle: 0 }).shape); // []
 * ```
 */
export function relationalDistillationLoss(
  student: tf.Tensor,
  teacher: tf.Tensor,
  options: RelationalDistillationOptions = {},
): tf.Scalar {
  checkOptions("relationalDistillationLoss", options, { distance: true, angle: true });
  const { distance = 25, angle = 50 } = options;
  checkWeights({ distance, angle });
  return tidy(() => {
    const [students, teachers] = pairOfRows(student, teacher).map(differences);
    const [s, t] = [students as tf.Tensor3D, teachers as tf.Tensor3D];
    return tf.add(
      tf.mul(smoothL1(relativeDistances(s), relativeDistances(t)), distance),
      tf.mul(smoothL1(cosines(s), cosines(t)), angle),
    );
  });
}

/** `[N, N, D]`: from the one example to the other. */
function differences(rows: tf.Tensor2D): tf.Tensor3D {
  if (rows.shape[0] < 2) {
    throw new RangeError(
      `Cannot relate the examples of [${rows.shape}]: there must be 2 or more, the batch has ` +
        `${rows.shape[0]}`,
    );
  }
  return tf.sub(tf.expandDims(rows, 0), tf.expandDims(rows, 1));
}

/** Squared distances below this count as this, which keeps the gradient of the root finite. */
const epsilon = 1e-12;

/** `[N, N]`: distances over the mean of those between different examples. */
function relativeDistances(differences: tf.Tensor3D): tf.Tensor2D {
  const count = differences.shape[0];
  const distances = tf.mul(
    tf.sqrt(tf.maximum(tf.sum(tf.square(differences), 2), epsilon)),
    tf.sub(1, tf.eye(count)),
  );
  return tf.div(distances, tf.div(tf.sum(distances), count * (count - 1)));
}

/** `[N, N, N]`: at the first example, of the angle between the other two. */
function cosines(differences: tf.Tensor3D): tf.Tensor3D {
  const directions = normalize(differences);
  return tf.matMul(directions, directions, false, true);
}

/** The mean of `x^2 / 2`, and of `abs(x) - 1/2` beyond 1, of the difference `x`. */
function smoothL1(a: tf.Tensor, b: tf.Tensor): tf.Scalar {
  const difference = tf.sub(a, b);
  const clipped = tf.clipByValue(difference, -1, 1);
  return tf.mean(tf.mul(clipped, tf.sub(difference, tf.div(clipped, 2))));
}
