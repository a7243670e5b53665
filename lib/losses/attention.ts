/**
 * Activation-based attention maps and the loss that transfers them (Zagoruyko and Komodakis, "Paying
 * more attention to attention", arXiv:1612.03928).
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { checkFloats, checkOptions, type OptionNames } from "../arguments.ts";
import { checkLayout } from "./checks.ts";
import { tidy } from "../autodiff/tidy.ts";
import { total } from "../autodiff/total.ts";
import { type AsManyAs, pairUp } from "./pairs.ts";
import { resizeMaps } from "./resize.ts";
import { sign } from "../autodiff/sign.ts";

/** Options of an attention map. */
export interface AttentionMapOptions {
  /** The power of the absolute activation, 1 or more. Default 2. */
  p?: number;
  /**
   * How to reduce the channels to one. `"mean"` (default) follows the authors' code. `"sum"` is the
   * paper's F_sum^p, which is the same after normalisation. `"max"` is F_max^p.
   */
  reduce?: "mean" | "sum" | "max";
}

/** Options of the attention transfer loss. */
export interface AttentionTransferOptions extends AttentionMapOptions {
  /**
   * How to compare two maps. `"mean-square"` (default) follows the authors' code: the mean, over
   * examples and positions, of the squared difference of the normalised maps. Its published beta is
   * 1000. `"paper"` is the paper's equation: half the mean over examples of the difference's L2 norm.
   */
  form?: "mean-square" | "paper";
  /** The weight of each pair's loss. Default 1 for all. */
  weights?: readonly number[];
}

/** The names of all options. Each function accepts the options of both kinds. */
const optionNames: OptionNames<AttentionTransferOptions> = {
  form: true,
  weights: true,
  p: true,
  reduce: true,
};

/** A teacher's activation `[N, H, W, C]`, or its attention map `[N, H, W]`. */
export type TeacherAttention = tf.Tensor4D | tf.Tensor3D;

/** The smallest norm to divide by, as in PyTorch's `F.normalize`. A zero map stays zero. */
const epsilon = 1e-12;

/** `max(norm2(x), epsilon)` over the last axis. At zero, the gradient is 0 instead of NaN. */
function safeNorm(x: tf.Tensor2D): tf.Tensor2D {
  return tf.sqrt(tf.maximum(tf.sum(tf.square(x), 1, true), epsilon ** 2)) as tf.Tensor2D;
}

function normalize(maps: tf.Tensor3D): tf.Tensor2D {
  const flat = tf.reshape(maps, [maps.shape[0], -1]) as tf.Tensor2D;
  return tf.div(flat, safeNorm(flat));
}

/** `abs(x)` with gradient 0 at 0, as in PyTorch. In tfjs it is -1 there. */
function abs(x: tf.Tensor4D): tf.Tensor4D {
  return tf.mul(x, sign(x));
}

function power(x: tf.Tensor4D, p: number): tf.Tensor4D {
  if (p === 2) return tf.square(x);
  return p === 1 ? abs(x) : tf.pow(abs(x), p);
}

const fusedNorm = "EuclideanNorm";

/**
 * The sum of squares over channels, `[N, H, W]`. A fused kernel, if there is one, reads the activation
 * once. The gradient also takes one pass; tfjs would take five.
 */
const sumOfSquares = tf.customGrad((x, save) => {
  (save as tf.GradSaveFunc)([x as tf.Tensor]);
  return {
    value: tf.getKernel(fusedNorm, tf.getBackend())
      ? tf.square(tf.engine().runKernel<tf.Tensor>(fusedNorm, { x: x as tf.Tensor }, { axis: 3 }))
      : tf.sum(tf.square(x as tf.Tensor), 3),
    gradFunc: (dy: tf.Tensor, [x]: tf.Tensor[]) =>
      tf.mul(x as tf.Tensor, tf.expandDims(tf.mul(dy, 2), 3)),
  };
});

type Reduction = (x: tf.Tensor4D, p: number) => tf.Tensor;

const sum: Reduction = (x, p) => p === 2 ? sumOfSquares(x) : tf.sum(power(x, p), 3);

const reductions: Record<"mean" | "sum" | "max", Reduction> = {
  mean: (x, p) => tf.div(sum(x, p), x.shape[3]),
  sum,
  max: (x, p) => tf.max(power(x, p), 3),
};

/**
 * `abs(x)^p` with its channels reduced to one: an attention map before normalisation, to draw it or to
 * keep it instead of an activation.
 *
 * @param x activation `[N, H, W, C]`.
 * @returns `[N, H, W]`.
 * @throws {RangeError} If `p` is below 1, or `reduce` is unknown.
 * @throws {TypeError} If `x` is not a tensor, is disposed or is not of rank 4, or an option is unknown.
 *
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { spatialMap } from "@attention-transfer/core";
 *
 * console.log(spatialMap(tf.randomNormal([8, 16, 16, 32])).shape); // [8, 16, 16]
 * ```
 */
export function spatialMap(
  x: tf.Tensor4D,
  options: AttentionMapOptions = {},
): tf.Tensor3D {
  // Options of the loss may be given whole.
  checkOptions<AttentionTransferOptions>("attentionMap", options, optionNames);
  const { p = 2, reduce = "mean" } = options;
  checkFloats("an activation", x);
  if (x.rank !== 4) {
    throw new TypeError(`Cannot make an attention map of [${x.shape}]: it must be [N, H, W, C]`);
  }
  if (!(p >= 1 && p < Infinity)) {
    throw new RangeError(`Cannot make an attention map with power ${p}: it must be 1 or more`);
  }
  if (!Object.hasOwn(reductions, reduce)) {
    throw new RangeError(
      `Cannot reduce channels by "${reduce}": it must be ${Object.keys(reductions).join(", ")}`,
    );
  }
  return reductions[reduce](x, p) as tf.Tensor3D;
}

/**
 * The attention map of an activation: `q / max(norm2(q), 1e-12)`, where `q` is `abs(x)^p` reduced over
 * channels and flattened over positions. A zero map stays zero, with zero gradient.
 *
 * @param x activation `[N, H, W, C]`.
 * @returns `[N, H*W]`, each row of unit norm.
 * @throws {RangeError} If `p` is below 1, or `reduce` is unknown.
 * @throws {TypeError} If `x` is not a tensor, is disposed or is not of rank 4, or an option is unknown.
 *
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { attentionMap } from "@attention-transfer/core";
 *
 * const map = attentionMap(tf.randomNormal([8, 16, 16, 32]), { p: 2 });
 * console.log(map.shape); // [8, 256]
 * ```
 */
export function attentionMap(x: tf.Tensor4D, options: AttentionMapOptions = {}): tf.Tensor2D {
  return tidy(() => normalize(spatialMap(x, options)));
}

/**
 * The attention transfer loss of one pair of activations, or the sum over several pairs. Multiply it by
 * beta yourself. Channels may differ. If sizes differ, the larger map is resized to the smaller one
 * before normalisation (bilinear, like PyTorch's `F.interpolate` with `align_corners=False`).
 *
 * @typeParam Student the student's activations, if there are several.
 * @typeParam Teacher the teacher's, of which there must be as many.
 * @param student activations `[N, H, W, C]`, one or an array.
 * @param teacher activations of the same batch, as many as `student` has. Each may also be an attention
 * map `[N, H, W]`, normalised or not.
 * @returns a scalar, differentiable in both. Its gradient at equal maps is 0.
 * @throws {RangeError} If `p` is below 1, `reduce` or `form` is unknown, or the numbers of activations
 * or weights differ.
 * @throws {TypeError} If an activation is not a tensor, is disposed, is not of rank 4 (or a map of rank
 * 3) or looks like `[N, C, H, W]`, if the batches differ, or if an option is unknown.
 *
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { attentionTransferLoss } from "@attention-transfer/core";
 *
 * const student: tf.Tensor4D = tf.randomNormal([8, 16, 16, 32]);
 * const teacher: tf.Tensor4D = tf.randomNormal([8, 16, 16, 64]);
 * const loss = tf.mul(attentionTransferLoss(student, teacher), 1e3);
 * console.log(loss.shape); // []
 * ```
 */
export function attentionTransferLoss<
  Student extends readonly tf.Tensor4D[],
  Teacher extends readonly TeacherAttention[],
>(
  student: tf.Tensor4D | Student,
  teacher: TeacherAttention | AsManyAs<Student, Teacher>,
  options: AttentionTransferOptions = {},
): tf.Scalar {
  checkOptions("attentionTransferLoss", options, optionNames);
  const { form = "mean-square", weights, ...mapOptions } = options;
  const pairs = pairUp<tf.Tensor4D, TeacherAttention>(
    student,
    teacher as TeacherAttention | readonly TeacherAttention[],
  );
  if (weights && weights.length !== pairs.length) {
    throw new RangeError(
      `Cannot weigh ${pairs.length} pairs of maps by ${weights.length} weights: there must be as many`,
    );
  }
  const wrong = weights?.find((weight) => !Number.isFinite(weight));
  if (wrong !== undefined) {
    throw new RangeError(`Cannot weigh a pair of maps by ${wrong}: it must be a number`);
  }
  if (!Object.hasOwn(forms, form)) {
    throw new RangeError(
      `Cannot compare maps by form "${form}": it must be ${Object.keys(forms).join(" or ")}`,
    );
  }
  return tidy(() =>
    total(pairs.map(([s, t], i) => {
      const difference = tf.sub(...pairOfMaps(s, t, mapOptions));
      const loss = forms[form](difference as tf.Tensor2D);
      return weights ? tf.mul(loss, weights[i] as number) : loss;
    }))
  );
}

const forms = {
  "mean-square": (difference: tf.Tensor2D): tf.Scalar => tf.mean(tf.square(difference)),
  "paper": (difference: tf.Tensor2D): tf.Scalar => tf.mul(tf.mean(safeNorm(difference)), 0.5),
};

function pairOfMaps(
  student: tf.Tensor4D,
  teacher: TeacherAttention,
  options: AttentionMapOptions,
): [tf.Tensor2D, tf.Tensor2D] {
  if (student.shape[0] !== teacher.shape[0]) {
    throw new TypeError(
      `Cannot compare the maps of [${student.shape}] and [${teacher.shape}]: the batches must be the ` +
        `same`,
    );
  }
  checkLayout(student, teacher);
  const maps = [
    spatialMap(student, options),
    teacher.rank === 3 ? teacher as tf.Tensor3D : spatialMap(teacher as tf.Tensor4D, options),
  ];
  const height = Math.min(student.shape[1], teacher.shape[1]);
  const width = Math.min(student.shape[2], teacher.shape[2]);
  return maps.map((map) => normalize(resizeMaps(map, height, width))) as [tf.Tensor2D, tf.Tensor2D];
}
