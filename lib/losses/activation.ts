/**
 * Full-activation transfer (F-ActT), the paper's baseline for attention transfer (Zagoruyko and
 * Komodakis, arXiv:1612.03928, section 4.1.1).
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { checkFloats } from "../arguments.ts";
import { checkLayout } from "./checks.ts";
import { tidy } from "../autodiff/tidy.ts";
import { total } from "../autodiff/total.ts";
import { type AsManyAs, pairUp } from "./pairs.ts";

/**
 * The mean of `(projection(student) - teacher)^2` over all elements, for one pair of activations or
 * summed over several pairs. These are FitNets' hints (Romero et al., arXiv:1412.6550), like `HintLoss`
 * in RepDistiller. The projection is a 1x1 convolution without bias. It is trained with the student.
 *
 * @typeParam Student the student's activations, if there are several.
 * @typeParam Teacher the teacher's, of which there must be as many.
 * @param student activations `[N, H, W, Cs]`, one or an array.
 * @param teacher activations `[N, H, W, Ct]`, as many as `student` has.
 * @param projection a filter `[1, 1, Cs, Ct]`, or an array with one per pair. Use undefined where the
 * channels agree and no projection is needed.
 * @returns a scalar, differentiable in student, teacher and projection.
 * @throws {RangeError} If the numbers of activations or projections differ.
 * @throws {TypeError} If an activation is not a tensor, is disposed or is not of rank 4, if a
 * projection does not fit, or if the shapes to compare differ.
 *
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { activationTransferLoss } from "@attention-transfer/core";
 *
 * const student: tf.Tensor4D = tf.randomNormal([8, 16, 16, 32]);
 * const teacher: tf.Tensor4D = tf.randomNormal([8, 16, 16, 64]);
 * const projection: tf.Tensor4D = tf.randomNormal([1, 1, 32, 64], 0, 0.1);
 * console.log(activationTransferLoss(student, teacher, projection).shape); // []
 * ```
 */
export function activationTransferLoss<
  Student extends readonly tf.Tensor4D[],
  Teacher extends readonly tf.Tensor4D[],
>(
  student: tf.Tensor4D | Student,
  teacher: tf.Tensor4D | AsManyAs<Student, Teacher>,
  projection?: tf.Tensor4D | readonly (tf.Tensor4D | undefined)[],
): tf.Scalar {
  const pairs = pairUp<tf.Tensor4D>(student, teacher as tf.Tensor4D | readonly tf.Tensor4D[]);
  const projections = Array.isArray(projection) || projection === undefined
    ? projection as readonly (tf.Tensor4D | undefined)[] | undefined
    : [projection as tf.Tensor4D];
  if (projections && projections.length !== pairs.length) {
    throw new RangeError(
      `Cannot project ${pairs.length} activations by ${projections.length} filters: there must be ` +
        `as many, undefined where none is needed`,
    );
  }
  return tidy(() => total(pairs.map(([s, t], i) => meanSquare(s, t, projections?.[i]))));
}

function meanSquare(student: tf.Tensor4D, teacher: tf.Tensor4D, filter?: tf.Tensor4D): tf.Scalar {
  if (student.rank !== 4 || teacher.rank !== 4) {
    throw new TypeError(
      `Cannot compare activations [${student.shape}] and [${teacher.shape}]: both must be ` +
        `[N, H, W, C]`,
    );
  }
  checkLayout(student, teacher);
  const projected = filter === undefined ? student : project(student, filter);
  if (String(projected.shape) !== String(teacher.shape)) {
    throw new TypeError(
      `Cannot compare activations [${projected.shape}] and [${teacher.shape}]: the shapes must be ` +
        `the same (where only channels differ, give a projection)`,
    );
  }
  return tf.mean(tf.squaredDifference(projected, teacher));
}

function project(x: tf.Tensor4D, filter: tf.Tensor4D): tf.Tensor4D {
  const channels = x.shape[3];
  checkFloats("a projection", filter);
  if (filter.rank !== 4 || String(filter.shape.slice(0, 3)) !== String([1, 1, channels])) {
    throw new TypeError(
      `Cannot project [${x.shape}] by a filter [${filter.shape}]: it must be [1, 1, ${channels}, C]`,
    );
  }
  return tf.conv2d(x, filter, 1, "valid");
}
