/**
 * Work that several processes share: sums and means over all of them.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { flatten, unflatten } from "../tree.ts";

/**
 * The sum of a float32 tensor over all workers: each gives its own, and gets the sum. All must call it
 * in the same order with tensors of the same shape. The gradient is the sum of the gradients.
 *
 * @throws {Error} If the backend has no such op, or this process has not joined a cluster.
 */
export const allReduce: <T extends tf.Tensor>(x: T) => T = <T extends tf.Tensor>(x: T) => {
  if (tf.getKernel("AllReduceSum", tf.getBackend()) === undefined) {
    throw new Error(
      `Cannot sum over workers on the backend ${tf.getBackend()}: call useTensorFlow() with a cluster`,
    );
  }
  const sum = tf.customGrad((x) => ({
    value: tf.engine().runKernel("AllReduceSum", { x: x as tf.Tensor }) as tf.Tensor,
    gradFunc: (dy) => allReduce(dy as tf.Tensor),
  }));
  return sum(x) as T;
};

/**
 * Averages tensors over the examples of all workers, by one {@link allReduce} of all of them in a row.
 *
 * @param means a tree of float32 tensors that are means over this worker's examples.
 * @param sums a tree of tensors that are sums over them.
 * @param examples how many examples this worker has, 0 or more.
 * @returns the means and sums over all examples, and their number.
 */
export function overWorkers<Means, Sums>(
  { means, sums, examples }: { means: Means; sums: Sums; examples: number },
): { means: Means; sums: Sums; examples: tf.Scalar } {
  const ofMeans = flatten(means, "the means");
  const ofSums = flatten(sums, "the sums");
  const parts = [
    ...ofMeans.tensors.map((tensor) => tf.mul(tensor, examples)),
    ...ofSums.tensors,
    tf.scalar(examples),
  ];
  const all = allReduce(tf.concat1d(parts.map((part) => tf.reshape<tf.Rank.R1>(part, [-1]))));
  const pieces = tf.split(all, parts.map(({ size }) => size));
  const total = tf.reshape<tf.Rank.R0>(pieces.at(-1) as tf.Tensor, []);
  const reduced = parts.map((part, i) => tf.reshape(pieces[i] as tf.Tensor, part.shape));
  const count = ofMeans.tensors.length;
  return {
    means: unflatten(
      ofMeans.tree,
      reduced.slice(0, count).map((sum) => tf.div(sum, total)),
    ) as Means,
    sums: unflatten(ofSums.tree, reduced.slice(count, -1)) as Sums,
    examples: total,
  };
}
