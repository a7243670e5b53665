/**
 * Similarity-preserving distillation (Tung and Mori, arXiv:1907.09682).
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { tidy } from "../autodiff/tidy.ts";
import { total } from "../autodiff/total.ts";
import { type AsManyAs, normalize, pairOfRows, pairUp } from "./pairs.ts";

/**
 * `sum (G_teacher - G_student)^2 / N^2`, for one pair of features or summed over several pairs. `G`
 * `[N, N]` holds the dot products of the examples' flattened features, each row scaled to unit norm
 * (`Similarity` in RepDistiller). The paper's weight is 3000.
 *
 * A row of zeros stays zero, with gradient 0.
 *
 * @typeParam Student the student's features, if there are several.
 * @typeParam Teacher the teacher's, of which there must be as many.
 * @param student features `[N, ...]`, such as activations `[N, H, W, C]`, one or an array.
 * @param teacher features of the same batch, as many as `student` has. All other sizes may differ.
 * @returns a scalar, at most 4 / N for each pair, differentiable in both.
 * @throws {RangeError} If the numbers of features differ.
 * @throws {TypeError} If a feature is not a tensor, is disposed or has rank below 2, or batches differ.
 *
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { similarityPreservingLoss } from "@attention-transfer/core";
 *
 * const student: tf.Tensor4D = tf.randomNormal([8, 16, 16, 32]);
 * const teacher: tf.Tensor4D = tf.randomNormal([8, 8, 8, 64]);
 * const loss = tf.mul(similarityPreservingLoss(student, teacher), 3e3);
 * console.log(loss.shape); // []
 * ```
 */
export function similarityPreservingLoss<
  Student extends readonly tf.Tensor[],
  Teacher extends readonly tf.Tensor[],
>(
  student: tf.Tensor | Student,
  teacher: tf.Tensor | AsManyAs<Student, Teacher>,
): tf.Scalar {
  const pairs = pairUp<tf.Tensor>(student, teacher as tf.Tensor | readonly tf.Tensor[]);
  return tidy(() =>
    total(pairs.map(([s, t]) => {
      const [students, teachers] = pairOfRows(s, t).map(similarities);
      return tf.mean(tf.squaredDifference(students as tf.Tensor2D, teachers as tf.Tensor2D));
    }))
  );
}

function similarities(rows: tf.Tensor2D): tf.Tensor2D {
  return normalize(tf.matMul(rows, rows, false, true));
}
