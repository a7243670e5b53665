/**
 * Cross entropy against integer labels.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { checkFloats, checkOptions, checkPart, checkTensor } from "../arguments.ts";
import { checkLabelType } from "./checks.ts";
import { tidy } from "../autodiff/tidy.ts";
import { oneHot } from "./one_hot.ts";

const fusedKernel = "SparseSoftmaxCrossEntropyWithLogits";

/** The second labels of images that are each mixed from two, as by {@link mixBatch}. */
export interface MixedLabels {
  /** int32 `[N]`, each in `[0, classes)`. */
  labels: tf.Tensor1D;
  /** How much the first labels count, from 0 to 1; these count the rest. */
  share: tf.Scalar;
}

/** Options of {@link crossEntropy}. */
export interface CrossEntropyOptions {
  /**
   * The part of each target that is shared out evenly among all classes (Szegedy et al.,
   * arXiv:1512.00567), from 0 to 1, as `label_smoothing` of `torch.nn.functional.cross_entropy`.
   * Default 0.
   */
  labelSmoothing?: number | undefined;
  /** For mixed images: `batch.mixed`. Default: each image has one label. */
  mixed?: MixedLabels | undefined;
}

/**
 * The mean cross entropy of a batch, `-1/N sum_n log softmax(logits_n)[labels_n]`.
 *
 * With label smoothing e, a target is `1 - e` for its class, plus `e / classes` for every class. For
 * mixed images it is `share` times that of the first label, plus `1 - share` times that of the second.
 *
 * @param logits `[N, classes]`.
 * @param labels int32 `[N]`, each in `[0, classes)`.
 * @returns a scalar, twice differentiable in `logits`.
 * @throws {TypeError} If shapes do not fit, there is no example, types are wrong, labels are one-hot, a
 * tensor is disposed, or an option is unknown.
 * @throws {RangeError} If `labelSmoothing` is not from 0 to 1.
 * @throws {Error} If a label is not one of the classes. On TensorFlow this is its own error, which names
 * the label; on tfjs's cpu and wasm backends, a `RangeError`. On its webgpu backend, where values cannot
 * be read synchronously, nothing is thrown: the loss and the gradients of that example are NaN. By
 * TensorFlow's documentation, the loss is NaN on GPUs, too.
 *
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { crossEntropy } from "@attention-transfer/core";
 *
 * const loss = crossEntropy(tf.tensor2d([[2, 0], [0, 2]]), tf.tensor1d([0, 1], "int32"));
 * loss.print(); // 0.1269
 * ```
 */
export function crossEntropy(
  logits: tf.Tensor2D,
  labels: tf.Tensor1D,
  options: CrossEntropyOptions = {},
): tf.Scalar {
  checkOptions("crossEntropy", options, { labelSmoothing: true, mixed: true });
  const { labelSmoothing = 0, mixed } = options;
  checkPart("smooth labels by", labelSmoothing);
  if (mixed === undefined) return againstOne(logits, labels, labelSmoothing);
  checkTensor("the share of mixed labels", mixed.share);
  if (mixed.share.rank !== 0) {
    throw new TypeError(`Cannot mix labels by a share [${mixed.share.shape}]: it must be a scalar`);
  }
  return tidy(() => {
    const first = againstOne(logits, labels, labelSmoothing);
    const second = againstOne(logits, mixed.labels, labelSmoothing);
    return tf.add(tf.mul(first, mixed.share), tf.mul(second, tf.sub(1, mixed.share)));
  });
}

/** The mean cross entropy against one label for each example. */
function againstOne(logits: tf.Tensor2D, labels: tf.Tensor1D, smoothing: number): tf.Scalar {
  checkFloats("logits", logits);
  checkTensor("labels", labels);
  const [count, classes] = logits.shape;
  if (logits.rank === 2) checkLabelType(labels, count);
  if (logits.rank !== 2 || labels.rank !== 1 || labels.shape[0] !== count || count === 0) {
    throw new TypeError(
      `Cannot compute the cross entropy of logits [${logits.shape}] and labels [${labels.shape}]: ` +
        `they must be [N, classes] and [N], of one example or more`,
    );
  }
  return tidy(() => {
    const mean: tf.Scalar = tf.mean(
      tf.getKernel(fusedKernel, tf.getBackend())
        ? tf.engine().runKernel<tf.Tensor1D>(fusedKernel, { logits, labels })
        : composed(logits, labels, classes),
    );
    if (smoothing === 0) return mean;
    // The targets' change times the logits: the logarithm of the sum of exponentials stays.
    const ofLabel = tf.sum(tf.mul(oneHot(labels, classes), logits), 1);
    return tf.add(mean, tf.mul(tf.mean(tf.sub(ofLabel, tf.mean(logits, 1))), smoothing));
  });
}

/** Backends that cannot read a tensor's values synchronously, or only by blocking everything. */
const asynchronous = ["webgpu"];

function composed(logits: tf.Tensor2D, labels: tf.Tensor1D, classes: number): tf.Tensor1D {
  if (!asynchronous.includes(tf.getBackend())) checkLabels(labels, classes);
  // tfjs cannot differentiate the gradient of its logSoftmax, but it can differentiate this one.
  const losses = tf.customGrad((x, save) => {
    const logits = x as tf.Tensor2D;
    (save as tf.GradSaveFunc)([logits, labels]);
    return {
      value: tf.neg(tf.sum(tf.mul(oneHot(labels, classes), tf.logSoftmax(logits)), 1)),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const [logits, labels] = saved as [tf.Tensor2D, tf.Tensor1D];
        const difference = tf.sub(tf.softmax(logits), oneHot(labels, classes));
        return tf.mul(difference, tf.expandDims(dy, 1));
      },
    };
  });
  return losses(logits) as tf.Tensor1D;
}

function checkLabels(labels: tf.Tensor1D, classes: number): void {
  const wrong = labels.dataSync().find((label) => !(label >= 0 && label < classes));
  if (wrong !== undefined) {
    throw new RangeError(
      `Cannot compute the cross entropy: label ${wrong} is outside of the ${classes} classes 0 to ` +
        `${classes - 1}`,
    );
  }
}
