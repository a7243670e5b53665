/**
 * Cross entropy with integer labels as one op.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { gradient } from "../../autodiff/gradient.ts";
import { typeAttr } from "../../tensorflow/attributes.ts";
import { DataType } from "../../tensorflow/data_types.ts";
import { kernelOf } from "./kernel.ts";

/** Inputs: logits [N, C], labels int32 [N]. Output: the loss of each example. Checks the labels. */
const sparseCrossEntropy = kernelOf(
  "SparseSoftmaxCrossEntropyWithLogits",
  ["logits", "labels"],
  () => [typeAttr("T", DataType.float32), typeAttr("Tlabels", DataType.int32)],
  1, // not its second output, the gradient: composed below, so that it can be differentiated again
);

const sparseCrossEntropyGradient = gradient(
  "SparseSoftmaxCrossEntropyWithLogits",
  ["logits", "labels"],
  (dy, [logits, labels]) => ({
    logits: () => {
      const target = tf.oneHot(labels, logits.shape[1] as number, 1, 0, "float32");
      return tf.mul(tf.sub(tf.softmax(logits), target), tf.expandDims(dy, 1));
    },
  }),
);

export const kernels: tf.KernelConfig[] = [sparseCrossEntropy];
export const gradients: tf.GradConfig[] = [sparseCrossEntropyGradient];
