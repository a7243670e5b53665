/**
 * One of two workers: means and sums of tensors that are reduced in several buckets.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { useTensorFlow } from "../../../lib/backend/use_tensorflow.ts";
import { jit } from "../../../lib/jit/mod.ts";
import { overWorkers } from "../../../lib/train/workers.ts";

const [rank, ...hosts] = [Number(Deno.args[0]), ...Deno.args.slice(1)] as const;
await useTensorFlow({ threads: 1, cluster: { hosts, rank, timeout: 60 } });

const sizes = [3, 2 ** 20 + 5, 7, 2 ** 20 - 1, 1, 2 ** 20];
/** Two numbers at the ends of each tensor tell whose place it has. */
const filled = (size: number, value: number) =>
  tf.concat1d([tf.fill<tf.Rank.R1>([size - 1], value), tf.tensor1d([value + 0.5])]);
const step = jit(() =>
  overWorkers({
    means: Object.fromEntries(sizes.map((size, i) => [i, filled(size, 10 * rank + i)])),
    totals: { total: tf.tensor1d([rank, 2 * rank]) },
    sums: { sum: filled(2 ** 20, 3 + rank) },
    examples: tf.scalar(rank + 1),
  })
);
const { means, sums, examples } = await step();
const ends = (tensor: tf.Tensor) => {
  const values = tensor.dataSync();
  return [values[0], values.at(-2) ?? values[0], values.at(-1)];
};
console.log(JSON.stringify({
  examples: examples.dataSync()[0],
  sizes: Object.values(means).map(({ size }) => size),
  means: Object.values(means).map(ends),
  sum: ends(sums.sum),
}));
Deno.exit();
