/**
 * Counts right answers as PyTorch does, so that a network that diverged never looks good.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";

/** Of how many examples the label is the first answer, and of how many it is among the first five. */
export type Counts = Record<"correct" | "correct5", tf.Scalar>;

/**
 * Counts the examples whose label is the network's first answer, or among its first five.
 *
 * The first answer is that of `torch.argmax`: the class of the largest logit, of equal ones the lowest
 * class, and NaN is larger than any number, so that a row of NaN answers 0. The first five are those of
 * `torch.topk`, which does not say in what order equal logits come: here the lower class comes first.
 *
 * A label that is no class is never right.
 *
 * @param logits `[N, classes]`.
 * @param labels int32 `[N]`.
 */
export function countCorrect(logits: tf.Tensor2D, labels: tf.Tensor1D): Counts {
  const classes = tf.range(0, logits.shape[1], 1, "int32");
  const label = tf.expandDims(labels, 1);
  const isLabel = tf.equal(classes, label);
  const precedes = tf.less(classes, label);
  const isNaN = tf.isNaN(logits);
  // NaN stays out of the arithmetic: NaN * 0 is NaN.
  const numbers = tf.where(isNaN, tf.zerosLike(logits), logits);
  const ofLabel = tf.sum(tf.where(isLabel, numbers, tf.zerosLike(numbers)), 1, true);
  const labelIsNaN = tf.greater(countTrue(tf.logicalAnd(isLabel, isNaN)), 0);
  const isAhead = tf.logicalOr(
    tf.greater(numbers, ofLabel),
    tf.logicalAnd(tf.equal(numbers, ofLabel), precedes),
  );
  // Before a label that is NaN come the NaNs that precede it; before a number come all of them.
  const ahead = tf.add(
    countTrue(tf.logicalAnd(isNaN, tf.logicalOr(precedes, tf.logicalNot(labelIsNaN)))),
    countTrue(
      tf.logicalAnd(isAhead, tf.logicalNot(tf.logicalOr(isNaN, labelIsNaN))),
    ),
  );
  const isClass = tf.greater(countTrue(isLabel), 0);
  const among = (first: number) =>
    tf.sum<tf.Scalar>(countTrue(tf.logicalAnd(isClass, tf.less(ahead, first))));
  return { correct: among(1), correct5: among(5) };
}

/** The largest finite number of float32. */
const largest = 3.4028234663852886e38;

/** The number of rows that hold a value that is not finite. */
export function countNonFinite(logits: tf.Tensor2D): tf.Scalar {
  const isBad = tf.logicalOr(tf.isNaN(logits), tf.greater(tf.abs(logits), largest));
  return tf.sum(tf.cast(tf.greater(countTrue(isBad), 0), "float32"));
}

/** How many of each row are true, `[N, 1]`. */
function countTrue(condition: tf.Tensor): tf.Tensor {
  return tf.sum(tf.cast(condition, "float32"), 1, true);
}
