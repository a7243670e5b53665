/**
 * Gradients of filters of size 1 with strides; run as a program of its own, for oneDNN writes beyond its
 * memory there if it is let.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { jit } from "../../../lib/jit/jit.ts";
import { useTensorFlow } from "../../../lib/backend/use_tensorflow.ts";

await useTensorFlow({ threads: 2 });

/** Images, and the channels of the result; the filter's own come of the images. */
const sizes: [shape: [number, number, number, number], stride: number, out: number][] = [
  [[2, 32, 32, 3], 2, 6],
  [[1, 16, 16, 3], 2, 8],
  [[1, 32, 4, 6], 2, 8],
  [[2, 32, 32, 5], 4, 8],
  [[16, 8, 8, 5], 2, 3],
];

for (const [shape, stride, out] of sizes) {
  const [x, filter] = [
    tf.randomNormal<tf.Rank.R4>(shape),
    tf.randomNormal<tf.Rank.R4>([1, 1, shape[3], out]),
  ];
  const taken = tf.stridedSlice(x, [0, 0, 0, 0], shape, [1, stride, stride, 1]);
  const dy = tf.randomNormal([...taken.shape.slice(0, 3), out]);
  const rows = tf.reshape(taken, [-1, shape[3]]);
  const expected = tf.matMul(rows, tf.reshape(dy, [-1, out]), true).dataSync();
  const gradient = jit((x: tf.Tensor4D, filter: tf.Tensor4D, dy: tf.Tensor) =>
    tf.grad((filter) => tf.conv2d(x, filter as tf.Tensor4D, stride, "valid"))(filter, dy)
  );
  for (let i = 0; i < 3; i++) {
    const values = (await gradient(x, filter, dy)).dataSync();
    const off = Math.max(...values.map((value, i) => Math.abs(value - expected[i]!)));
    if (!(off < 1e-3)) {
      throw new Error(`[${shape}] by ${stride} to ${out} channels is off by ${off}`);
    }
  }
}
