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
  return linear("AllReduceSum", x, allReduce) as T;
}

/**
 * The vectors of all workers, as the rows of a table. All workers must make the same calls in the same
 * order, with vectors of the same length.
 *
 * @param x float32 `[K]`.
 * @returns `[workers, K]`, the same in all workers.
 * @throws {Error} As {@link allReduce}.
 *
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs-core";
 * import { allGather, useTensorFlow } from "@attention-transfer/core";
 *
 * await useTensorFlow({ cluster: { hosts: ["127.0.0.1:47115"], rank: 0 } });
 * allGather(tf.tensor1d([1, 2])).print(); // a row for each process
 * ```
 */
export function allGather(x: tf.Tensor1D): tf.Tensor2D {
  return allReduce(toOwnRow(x) as tf.Tensor2D);
}

// Each is the gradient of the other.
const toOwnRow = (x: tf.Tensor): tf.Tensor => linear("ToOwnRow", x, ownRow);
const ownRow = (x: tf.Tensor): tf.Tensor => linear("OwnRow", x, toOwnRow);

/** Runs a kernel that is linear in its input, with this gradient. */
function linear(kernel: string, x: tf.Tensor, gradient: (dy: tf.Tensor) => tf.Tensor): tf.Tensor {
  if (tf.getKernel(kernel, tf.getBackend()) === undefined) {
    throw new Error(
      `Cannot compute over workers on the backend ${tf.getBackend()}: call useTensorFlow() with a ` +
        "cluster",
    );
  }
  const run = tf.customGrad((x) => ({
    value: tf.engine().runKernel(kernel, { x: x as tf.Tensor }) as tf.Tensor,
    gradFunc: (dy) => gradient(dy as tf.Tensor),
  }));
  return run(x);
}

/** Tensors of a worker, or of all of them. */
export interface OverWorkers<Means extends object, Sums extends object> {
  /** An object, perhaps of objects, of float32 tensors that are means over the examples. */
  means: Means;
  /** The same of float32 tensors that are sums over the examples. */
  sums: Sums;
}

/**
 * Means and sums over the examples of all workers, from those of each, by {@link allReduce} of the
 * tensors in a row, 4 MB at a time. Workers may have different numbers of examples, also 0.
 *
 * @param own this worker's means and sums. `totals` are sums over its examples, of which the result has
 * the means over all examples: gradients of a summed loss. Their keys are not those of `means`.
 * @throws {Error} As {@link allReduce}.
 *
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs-core";
 * import { overWorkers, useTensorFlow } from "@attention-transfer/core";
 *
 * await useTensorFlow({ cluster: { hosts: ["127.0.0.1:47114"], rank: 0 } });
 * const own = { means: { loss: tf.scalar(2.5) }, totals: {}, sums: { correct: tf.scalar(3) } };
 * const { means, examples } = overWorkers({ ...own, examples: tf.scalar(4) });
 * means.loss.print(); // the mean loss over the examples of all workers
 * examples.print(); // how many they are
 * ```
 */
export function overWorkers<Means extends object, Totals extends object, Sums extends object>(
  own: OverWorkers<Means, Sums> & { totals: Totals; examples: tf.Scalar },
): OverWorkers<Means & Totals, Sums> & { examples: tf.Scalar } {
  const means = flatten(own.means, "the means");
  const totals = flatten(own.totals, "the totals");
  const sums = flatten(own.sums, "the sums");
  const parts = [
    ...means.tensors.map((tensor) => tf.mul(tensor, own.examples)),
    ...totals.tensors,
    ...sums.tensors,
    own.examples,
  ];
  const pieces = buckets(parts).flatMap((bucket) => {
    const flat = tf.concat1d(bucket.map((part) => tf.reshape<tf.Rank.R1>(part, [-1])));
    return tf.split(allReduce(flat), bucket.map(({ size }) => size));
  });
  const examples = tf.reshape<tf.Rank.R0>(pieces.at(-1) as tf.Tensor, []);
  const reduced = parts.map((part, i) => tf.reshape(pieces[i] as tf.Tensor, part.shape));
  const averaged = reduced.slice(0, means.tensors.length + totals.tensors.length)
    .map((sum) => tf.div(sum, examples));
  return {
    means: {
      ...unflatten(means.tree, averaged) as Means,
      ...unflatten(totals.tree, averaged.slice(means.tensors.length)) as Totals,
    },
    sums: unflatten(sums.tree, reduced.slice(averaged.length, -1)) as Sums,
    examples,
  };
}

/**
 * Numbers of a bucket: 4 MB of float32. One vector of all gradients takes as long, and more memory: its
 * sum is copied several times on the way.
 */
const bucketSize = 2 ** 20;

/** Tensors in order, in groups that are reduced as one vector. A larger tensor is a group of its own. */
function buckets(tensors: readonly tf.Tensor[]): tf.Tensor[][] {
  const groups: tf.Tensor[][] = [];
  let room = 0;
  for (const tensor of tensors) {
    if (tensor.size > room) {
      groups.push([]);
      room = bucketSize;
    }
    groups.at(-1)!.push(tensor);
    room -= tensor.size;
  }
  return groups;
}
