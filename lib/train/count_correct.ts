/**
 * Counts correct answers like PyTorch, so that a diverged network never looks good.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";

/** The numbers of examples whose label is the top answer, or among the top five answers. */
export type Counts = Record<"correct" | "correct5", tf.Scalar>;

/**
 * Counts the examples whose label is the network's top answer, or among its top five.
 *
 * The top answer is that of `torch.argmax`: the class of the largest logit. Of equal logits, the lowest
 * class wins. NaN is larger than any number, so a row of NaN answers 0. The top five are those of
 * `torch.topk`. PyTorch does not define the order of equal logits; here the lower class comes first.
 *
 * An invalid label is never correct.
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
  // Keep NaN out of the arithmetic: NaN * 0 is NaN.
  const numbers = tf.where(isNaN, tf.zerosLike(logits), logits);
  const ofLabel = tf.sum(tf.where(isLabel, numbers, tf.zerosLike(numbers)), 1, true);
  const labelIsNaN = tf.greater(countTrue(tf.logicalAnd(isLabel, isNaN)), 0);
  const isAhead = tf.logicalOr(
    tf.greater(numbers, ofLabel),
    tf.logicalAnd(tf.equal(numbers, ofLabel), precedes),
  );
  // All NaNs come before a label that is a number. Before a NaN label come the NaNs of lower classes.
  const ahead = tf.add(
    countTrue(tf.logicalAnd(isNaN, tf.logicalOr(precedes, tf.logicalNot(labelIsNaN)))),
    countTrue(tf.logicalAnd(isAhead, tf.logicalNot(tf.logicalOr(isNaN, labelIsNaN)))),
  );
  const isClass = tf.greater(countTrue(isLabel), 0);
  const among = (first: number) =>
    tf.sum<tf.Scalar>(countTrue(tf.logicalAnd(isClass, tf.less(ahead, first))));
  return { correct: among(1), correct5: among(5) };
}

/** The largest finite number of float32. */
const largest = 3.4028234663852886e38;

/** The number of rows with a value that is not finite. */
export function countNonFinite(logits: tf.Tensor2D): tf.Scalar {
  const isBad = tf.logicalOr(tf.isNaN(logits), tf.greater(tf.abs(logits), largest));
  return tf.sum(tf.cast(tf.greater(countTrue(isBad), 0), "float32"));
}

/** The number of true values in each row, `[N, 1]`. */
function countTrue(condition: tf.Tensor): tf.Tensor {
  return tf.sum(tf.cast(condition, "float32"), 1, true);
}
