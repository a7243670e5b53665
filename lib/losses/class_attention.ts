/**
 * Class attention transfer, CAT (Guo et al., "Class Attention Transfer Based Knowledge Distillation",
 * CVPR 2023): the student's class activation maps follow the teacher's.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { checkFloats, checkOptions } from "../arguments.ts";
import { tidy } from "../autodiff/tidy.ts";
import { adaptiveAveragePool } from "./adaptive_pool.ts";
import { normalize } from "./pairs.ts";

/** The height and width that class maps are pooled to, if nothing else is asked for. */
export const classMapSize = 2;

/** Options of {@link classAttentionLoss}. */
export interface ClassAttentionOptions {
  /** The height and width that the maps are pooled to, 1 or more. Default 2; for ImageNet it is 4. */
  resolution?: number;
  /**
   * True divides each map by its L2 norm, as in the paper's equation. False compares the maps as they
   * are, as the authors' configurations of CAT-KD do. Default true.
   */
  normalize?: boolean;
}

/** Throws a RangeError unless this is a size that maps can be pooled to. */
function checkResolution(resolution: number): void {
  if (Number.isInteger(resolution) && resolution >= 1) return;
  throw new RangeError(
    `Cannot pool class maps to ${resolution}: it must be a whole number, 1 or more`,
  );
}

/**
 * Class activation maps (Zhou et al., arXiv:1512.04150): at each position, the classifier's answer for
 * the features there, without its bias. Their mean over the positions plus the bias gives the logits.
 *
 * The authors of CAT exchange the classifier for a 1x1 convolution without bias before training. Here
 * the network stays as it is: the maps use the classifier's weights, and a bias adds to the logits only.
 *
 * @param features the last activation before pooling, `[N, H, W, C]`.
 * @param classifier `[classes, C]`.
 * @param resolution pools the maps to this height and width, like PyTorch's `adaptive_avg_pool2d`.
 * Pooling the features is cheaper than pooling the maps, and gives the same. Default: no pooling.
 * @returns `[N, H, W, classes]`, or `[N, resolution, resolution, classes]`.
 * @throws {RangeError} If the resolution is not a whole number from 1 to the features' size.
 * @throws {TypeError} If the features are not of rank 4, the classifier does not fit, or a tensor is
 * disposed.
 *
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { classActivationMaps, wideResNet } from "@attention-transfer/core";
 *
 * const { f, init } = wideResNet({ depth: 10, width: 0.25, numClasses: 10 });
 * const params = init(0);
 * const { features } = f(tf.ones([2, 32, 32, 3]), params, "eval");
 * const classifier = params["fc.weight"] as tf.Tensor2D;
 * console.log(classActivationMaps(features, classifier).shape); // [2, 8, 8, 10]
 * ```
 */
export function classActivationMaps(
  features: tf.Tensor4D,
  classifier: tf.Tensor2D,
  resolution?: number,
): tf.Tensor4D {
  checkFloats("the features", features);
  checkFloats("the classifier", classifier);
  if (features.rank !== 4 || classifier.rank !== 2 || classifier.shape[1] !== features.shape[3]) {
    throw new TypeError(
      `Cannot make class maps of features [${features.shape}] by a classifier ` +
        `[${classifier.shape}]: they must be [N, H, W, C] and [classes, C]`,
    );
  }
  return tidy(() => {
    const x = resolution === undefined ? features : pooled(features, resolution);
    const [count, height, width, channels] = x.shape;
    const maps = tf.matMul(tf.reshape(x, [-1, channels]), classifier, false, true);
    return tf.reshape(maps, [count, height, width, -1]);
  });
}

function pooled(x: tf.Tensor4D, resolution: number): tf.Tensor4D {
  checkResolution(resolution);
  if (Math.min(x.shape[1], x.shape[2]) < resolution) {
    throw new RangeError(
      `Cannot pool maps of [${x.shape}] to ${resolution}x${resolution}: they are smaller; make ` +
        "the option resolution smaller",
    );
  }
  return adaptiveAveragePool(x, resolution);
}

/**
 * The mean of `(student - teacher)^2` over examples, positions and classes, of class activation maps that
 * are pooled to `resolution` and then, if `normalize` is true, each divided by its norm over the
 * positions. Published with the weight 12 at 2x2 (CIFAR-100) and 0.5 at 4x4 (ImageNet), for maps that
 * are not normalised.
 *
 * @param studentMaps `[N, H, W, classes]`, of {@link classActivationMaps}.
 * @param teacherMaps `[N, h, w, classes]`; the sizes may differ.
 * @returns a scalar, differentiable in both. A map of zeros stays zero, with gradient 0.
 * @throws {RangeError} If the resolution is not a whole number from 1 to the maps' size.
 * @throws {TypeError} If a rank is not 4, batches or classes differ, a tensor is disposed, or an option
 * is unknown.
 *
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { classAttentionLoss } from "@attention-transfer/core";
 *
 * const student: tf.Tensor4D = tf.randomNormal([2, 8, 8, 10]);
 * const teacher: tf.Tensor4D = tf.randomNormal([2, 4, 4, 10]);
 * console.log(classAttentionLoss(student, teacher, { resolution: 2 }).shape); // []
 * ```
 */
export function classAttentionLoss(
  studentMaps: tf.Tensor4D,
  teacherMaps: tf.Tensor4D,
  options: ClassAttentionOptions = {},
): tf.Scalar {
  checkOptions("classAttentionLoss", options, { resolution: true, normalize: true });
  const { resolution = classMapSize, normalize: normalizes = true } = options;
  checkFloats("the student's maps", studentMaps);
  checkFloats("the teacher's maps", teacherMaps);
  const [a, b] = [studentMaps.shape, teacherMaps.shape];
  if (a.length !== 4 || b.length !== 4 || a[0] !== b[0] || a[3] !== b[3]) {
    throw new TypeError(
      `Cannot compare class maps [${a}] and [${b}]: both must be [N, H, W, classes], with the same ` +
        "batch and classes",
    );
  }
  return tidy(() => {
    const [student, teacher] = [studentMaps, teacherMaps].map((maps) => {
      const x = pooled(maps, resolution);
      return normalizes ? unitMaps(x) : x;
    }) as [tf.Tensor, tf.Tensor];
    return tf.mean(tf.squaredDifference(student, teacher));
  });
}

/** `[N, classes, positions]`, each map of unit norm. */
function unitMaps(maps: tf.Tensor4D): tf.Tensor3D {
  const [count, height, width, classes] = maps.shape;
  const flat: tf.Tensor3D = tf.reshape(maps, [count, height * width, classes]);
  return normalize(tf.transpose(flat, [0, 2, 1]));
}
