/**
 * Relational knowledge distillation (Park et al., arXiv:1904.05068).
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { checkOptions } from "../arguments.ts";
import { tidy } from "../autodiff/tidy.ts";
import { checkWeights } from "./checks.ts";
import { normalize, pairOfRows, sumOfSquares } from "./pairs.ts";
import { after, recomputed, withoutGradient } from "./recomputed.ts";

/** Options of {@link relationalDistillationLoss}. */
export interface RelationalDistillationOptions {
  /** Weight of the distances between two examples, 0 or more. Default 25. */
  distance?: number;
  /** Weight of the angles between three examples, 0 or more. Default 50. */
  angle?: number;
}

/**
 * `distance * RKD-D + angle * RKD-A`, like `RKDLoss` in RepDistiller. RKD-D is the mean smooth L1
 * (Huber, threshold 1) between the student's and the teacher's distances of all pairs of examples. Each
 * distance is divided by the mean distance. RKD-A is the mean smooth L1 between the cosines of the
 * angles of every three examples.
 *
 * Examples that coincide have distance 1e-6 and no angle, and add no gradient. The authors do not
 * differentiate with respect to the teacher. This function does: keep the teacher out of what you
 * differentiate.
 *
 * @param student embeddings `[N, D]`, 2 examples or more. Axes after the first are flattened. All
 * triples together take `N * N * (D + N)` numbers. If this is more than 2^24, they are computed in
 * parts, and again for the gradient.
 * @param teacher embeddings of the same batch; D may differ.
 * @returns a scalar, differentiable in both.
 * @throws {RangeError} If a weight is below 0, or there is only one example.
 * @throws {TypeError} If a rank is below 2, batches differ, a tensor is disposed, or an option is
 * unknown.
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
    const rows = pairOfRows(student, teacher);
    checkCount(rows[0]);
    const { distances, angles } = relate(...rows, angle > 0);
    const [students, teachers] = distances.map(relativeDistances) as [tf.Tensor2D, tf.Tensor2D];
    return tf.add(
      tf.mul(smoothL1(students, teachers), distance),
      tf.mul(angles, angle),
    );
  });
}

function checkCount({ shape }: tf.Tensor2D): void {
  if (shape[0] >= 2) return;
  throw new RangeError(
    `Cannot relate the examples of [${shape}]: there must be 2 or more, the batch has ${shape[0]}`,
  );
}

/** Distances and angles between the examples of a batch. */
interface Relations {
  /** `[N, N]` for the student and for the teacher. The distance of an example to itself is 0. */
  distances: tf.Tensor2D[];
  /** The mean smooth L1 between the cosines of all angles; 0 if they are left out. */
  angles: tf.Scalar;
}

/** The most elements to compute at a time: 64 MB, about one activation of such a batch. */
const mostNumbers = 2 ** 24;

function relate(student: tf.Tensor2D, teacher: tf.Tensor2D, withAngles: boolean): Relations {
  const [count, size] = student.shape;
  const perExample = count * (count + Math.max(size, teacher.shape[1]));
  const step = Math.max(1, Math.floor(mostNumbers / perExample));
  return step < count
    ? relateInParts(student, teacher, step, withAngles)
    : relateFrom(student, teacher, 0, count, withAngles);
}

/** Relates `step` examples at a time to all examples, one part after the other. */
function relateInParts(
  student: tf.Tensor2D,
  teacher: tf.Tensor2D,
  step: number,
  withAngles: boolean,
): Relations {
  const [count] = student.shape;
  const distances: tf.Tensor2D[][] = [[], []];
  const angles: tf.Scalar[] = [];
  let inputs: tf.Tensor[] = [student, teacher];
  for (let first = 0; first < count; first += step) {
    const some = Math.min(step, count - first);
    // One tensor, because `tf.customGrad` allows only one result.
    const part = recomputed((s, t) => {
      const [ofStudent, ofTeacher] = [s, t] as [tf.Tensor2D, tf.Tensor2D];
      const { distances, angles } = relateFrom(ofStudent, ofTeacher, first, some, withAngles);
      return tf.concat([...distances, angles].map((values) => tf.reshape(values, [-1])));
    }, inputs);
    const [ofStudent, ofTeacher, angle] = tf.split(part, [some * count, some * count, 1]);
    distances[0]!.push(tf.reshape(ofStudent!, [some, count]));
    distances[1]!.push(tf.reshape(ofTeacher!, [some, count]));
    angles.push(tf.mul(tf.reshape(angle!, []), some / count));
    // Only the student orders the backward pass, so that a frozen teacher's gradient is not computed.
    inputs = [after(inputs[0]!, angle!), after(inputs[1]!, withoutGradient(angle!))];
  }
  return {
    distances: distances.map((parts) => tf.concat(parts)),
    angles: tf.addN(angles),
  };
}

/** Relates `some` examples, starting with `first`, to all examples. */
function relateFrom(
  student: tf.Tensor2D,
  teacher: tf.Tensor2D,
  first: number,
  some: number,
  withAngles: boolean,
): Relations {
  const itself = tf.oneHot(tf.range(first, first + some, 1, "int32"), student.shape[0]);
  const isOther = tf.sub(1, itself);
  const both = [student, teacher].map((rows) => differences(rows, first, some));
  const angles = () => smoothL1(...both.map(cosines) as [tf.Tensor3D, tf.Tensor3D]);
  return {
    distances: both.map((differences) => tf.mul(norms(differences), isOther)),
    angles: withAngles ? angles() : tf.scalar(0),
  };
}

/** `[some, N, D]`: the difference of each pair of examples. */
function differences(rows: tf.Tensor2D, first: number, some: number): tf.Tensor3D {
  const from = some < rows.shape[0] ? tf.slice(rows, [first, 0], [some, -1]) : rows;
  return tf.sub(tf.expandDims(rows, 0), tf.expandDims(from, 1));
}

/** The smallest squared distance. It keeps the gradient of the root finite. */
const epsilon = 1e-12;

/** `[some, N]`. */
function norms(differences: tf.Tensor3D): tf.Tensor2D {
  return tf.sqrt(tf.maximum(tf.squeeze(sumOfSquares(differences), [2]), epsilon));
}

/** `[N, N]`: distances divided by the mean distance between different examples. */
function relativeDistances(distances: tf.Tensor2D): tf.Tensor2D {
  const [count] = distances.shape;
  return tf.div(distances, tf.div(tf.sum(distances), count * (count - 1)));
}

/** `[some, N, N]`: the cosine, at the first example, of the angle between the other two. */
function cosines(differences: tf.Tensor3D): tf.Tensor3D {
  const directions = normalize(differences);
  return tf.matMul(directions, directions, false, true);
}

/**
 * The mean smooth L1 of `x = a - b`: `x^2 / 2` up to 1, and `abs(x) - 1/2` beyond. Its own gradient
 * needs much less memory than the composed one.
 */
function smoothL1(a: tf.Tensor, b: tf.Tensor): tf.Scalar {
  const mean = tf.customGrad((x, save) => {
    const difference = x as tf.Tensor;
    (save as tf.GradSaveFunc)([difference]);
    const clipped = tf.clipByValue(difference, -1, 1);
    return {
      value: tf.mean(tf.mul(clipped, tf.sub(difference, tf.div(clipped, 2)))),
      gradFunc: (dy: tf.Tensor, [x]: tf.Tensor[]) =>
        tf.mul(tf.clipByValue(x!, -1, 1), tf.div(dy, difference.size)),
    };
  });
  return mean(tf.sub(a, b)) as tf.Scalar;
}
