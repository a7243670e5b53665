/**
 * The resizing of maps: what it is by definition, and its gradient.
 *
 * @module
 */
import "@tensorflow/tfjs";
import * as tf from "@tensorflow/tfjs-core";
import { assert, assertEquals } from "@std/assert";
import { resizeMaps, resizeNearest } from "../../../lib/losses/resize.ts";
import { assertClose } from "../../parity.ts";

tf.setBackend("cpu");

const map = tf.tensor3d([[[0, 1, 4], [9, 16, 25]]]);

Deno.test("resizeMaps() gives the map itself where the size is the same", () => {
  assert(resizeMaps(map, 2, 3) === map);
});

// torch.nn.functional.interpolate(x, size, mode="bilinear", align_corners=False) of the map above
const resized: [number, number, number[]][] = [
  [1, 1, [8.5]],
  [1, 3, [4.5, 8.5, 14.5]],
  [2, 2, [0.25, 3.25, 10.75, 22.75]],
  [4, 3, [0, 1, 4, 2.25, 4.75, 9.25, 6.75, 12.25, 19.75, 9, 16, 25]],
];

Deno.test("resizeMaps() gives PyTorch's values", () => {
  for (const [height, width, values] of resized) {
    const expected = { shape: [1, height, width], data: new Float32Array(values) };
    assertClose(resizeMaps(map, height, width), expected, { ofMax: 1e-6 }, `${height}x${width}`);
  }
});

Deno.test("resizeMaps() keeps a constant map, and leaves no other tensor behind", () => {
  const ones = tf.ones<tf.Rank.R3>([2, 8, 5]);
  for (const [height, width] of [[3, 2], [1, 1], [16, 7], [8, 2]] as const) {
    const before = tf.memory().numTensors;
    const result = tf.tidy(() => resizeMaps(ones, height, width));
    assertEquals(tf.memory().numTensors, before + 1);
    assert(result.dataSync().every((x) => Math.abs(x - 1) < 1e-6));
  }
});

Deno.test("resizeMaps() has the gradient that its differences have", () => {
  const x = tf.randomNormal<tf.Rank.R3>([1, 5, 4], 0, 1, "float32", 1);
  const weighting = tf.randomNormal<tf.Rank.R3>([1, 2, 3], 0, 1, "float32", 2);
  const f = (x: tf.Tensor) => tf.sum(tf.mul(resizeMaps(x as tf.Tensor3D, 2, 3), weighting));
  const differences = Float32Array.from({ length: 20 }, (_, i) => {
    // The function is linear: a whole step is exact.
    const step = tf.reshape(tf.oneHot(tf.scalar(i, "int32"), 20, 1, 0, "float32"), [1, 5, 4]);
    return tf.sub(f(tf.add(x, step)), f(x)).dataSync()[0]!;
  });
  assertClose(tf.grad(f)(x), { shape: [1, 5, 4], data: differences }, { ofMax: 1e-5 }, "gradient");
});

// torch.nn.functional.interpolate(x, size, mode="nearest") of the map above
const nearest: [number, number, number[]][] = [
  [1, 3, [0, 1, 4]],
  [4, 3, [0, 1, 4, 0, 1, 4, 9, 16, 25, 9, 16, 25]],
  [2, 6, [0, 0, 1, 1, 4, 4, 9, 9, 16, 16, 25, 25]],
  [3, 4, [0, 0, 1, 4, 0, 0, 1, 4, 9, 9, 16, 25]],
  [2, 2, [0, 1, 9, 16]],
];

Deno.test("resizeNearest() gives PyTorch's values, and the gradient counts the copies", () => {
  const x = tf.expandDims<tf.Tensor4D>(map, 3);
  assert(resizeNearest(x, 2, 3) === x);
  for (const [height, width, values] of nearest) {
    const label = `${height}x${width}`;
    const expected = { shape: [1, height, width, 1], data: new Float32Array(values) };
    assertClose(resizeNearest(x, height, width), expected, {}, label);
    const gradient = tf.grad((x) => resizeNearest(x as tf.Tensor4D, height, width))(x);
    const copies = [...map.dataSync()].map((value) => values.filter((v) => v === value).length);
    assertEquals([...gradient.dataSync()], copies, label);
  }
});
