/**
 * The hierarchical context loss of ReviewKD (Chen et al., arXiv:2104.09044).
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { checkLayout } from "./checks.ts";
import { tidy } from "../autodiff/tidy.ts";
import { total } from "../autodiff/total.ts";
import { adaptiveAveragePool } from "./adaptive_pool.ts";
import { type AsManyAs, pairUp } from "./pairs.ts";

/** The sizes that activations are pooled to, if they are larger. */
const sizes = [4, 2, 1];

/**
 * The hierarchical context loss, for one pair of activations or summed over several pairs: the mean
 * square of the difference of the activations, plus 1/2, 1/4 and 1/8 times that of both pooled to 4x4,
 * 2x2 and 1x1 (averages; sizes that are not smaller are left out, and take no factor), divided by the
 * sum of the factors. This is `hcl` of the authors' code.
 *
 * @typeParam Student the student's activations, if there are several.
 * @typeParam Teacher the teacher's, of which there must be as many.
 * @param student activations `[N, H, W, C]`, one or an array.
 * @param teacher activations of the same shapes, as many as `student` has.
 * @returns a scalar, differentiable in both.
 * @throws {RangeError} If the numbers of activations differ.
 * @throws {TypeError} If an activation is not a tensor, is disposed or is not of rank 4, or the shapes
 * to compare differ.
 *
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { hierarchicalContextLoss } from "@attention-transfer/core";
 *
 * const student: tf.Tensor4D = tf.randomNormal([2, 8, 8, 16]);
 * const teacher: tf.Tensor4D = tf.randomNormal([2, 8, 8, 16]);
 * console.log(hierarchicalContextLoss(student, teacher).shape); // []
 * ```
 */
export function hierarchicalContextLoss<
  Student extends readonly tf.Tensor4D[],
  Teacher extends readonly tf.Tensor4D[],
>(
  student: tf.Tensor4D | Student,
  teacher: tf.Tensor4D | AsManyAs<Student, Teacher>,
): tf.Scalar {
  const pairs = pairUp<tf.Tensor4D>(student, teacher as tf.Tensor4D | readonly tf.Tensor4D[]);
  return tidy(() => total(pairs.map(([s, t]) => lossOf(s, t))));
}

function lossOf(student: tf.Tensor4D, teacher: tf.Tensor4D): tf.Scalar {
  checkLayout(student, teacher);
  if (student.rank !== 4 || String(student.shape) !== String(teacher.shape)) {
    throw new TypeError(
      `Cannot compare activations [${student.shape}] and [${teacher.shape}]: both must be ` +
        `[N, H, W, C], of the same shape`,
    );
  }
  // Pooling is linear: that of the difference is the difference of the pooled.
  const difference = tf.sub<tf.Tensor4D>(student, teacher);
  const losses = [tf.mean<tf.Scalar>(tf.square(difference))];
  const [, height, width] = difference.shape;
  let [factor, factors, pooled] = [1, 1, difference];
  for (const size of sizes) {
    if (size >= Math.min(height, width)) continue;
    // The mean of the means of equal windows is that of all: so the large activation is read once.
    const nests = [height, width].every((side) => side % pooled.shape[1] === 0);
    pooled = adaptiveAveragePool(nests ? pooled : difference, size);
    factor /= 2;
    factors += factor;
    losses.push(tf.mul(tf.mean(tf.square(pooled)), factor));
  }
  return tf.div(total(losses), factors);
}
