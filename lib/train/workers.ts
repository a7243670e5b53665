/**
 * Work that several processes share: sums and means over all of them.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { flatten, unflatten } from "../tree.ts";

/**
 * The sum of a float32 tensor over all workers: each gives its own tensor, and all get the sum. All
 * workers must make the same calls in the same order, with tensors of the same shapes. The gradient is
 * the sum of the workers' gradients.
 *
 * @throws {Error} If the backend cannot do it, or this process has not joined a cluster.
 *
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs-core";
 * import { allReduce, useTensorFlow } from "@attention-transfer/core";
 *
 * // In a process for each host; here there is one.
 * await useTensorFlow({ cluster: { hosts: ["127.0.0.1:47113"], rank: 0 } });
 * allReduce(tf.tensor1d([1, 2])).print(); // the sum over all processes
 * ```
 */
export function allReduce<T extends tf.Tensor>(x: T): T {
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
}

/** Tensors of a worker, or of all of them. */
export interface OverWorkers<Means, Sums, Count> {
  /** A tree of float32 tensors that are means over the examples. */
  means: Means;
  /** A tree of float32 tensors that are sums over the examples. */
  sums: Sums;
  /** The number of examples, 0 or more. */
  examples: Count;
}

/**
 * Means and sums over the examples of all workers, from those of each, by one {@link allReduce} of all
 * tensors in a row. Workers may have different numbers of examples.
 *
 * @throws {Error} As {@link allReduce}.
 *
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs-core";
 * import { overWorkers, useTensorFlow } from "@attention-transfer/core";
 *
 * await useTensorFlow({ cluster: { hosts: ["127.0.0.1:47114"], rank: 0 } });
 * const own = { means: { loss: tf.scalar(2.5) }, sums: { correct: tf.scalar(3) }, examples: 4 };
 * const { means, examples } = overWorkers(own);
 * means.loss.print(); // the mean loss over the examples of all workers
 * examples.print(); // how many they are
 * ```
 */
export function overWorkers<Means, Sums>(
  { means, sums, examples }: OverWorkers<Means, Sums, number>,
): OverWorkers<Means, Sums, tf.Scalar> {
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
