/**
 * Kernels that are wrong on wasm and on plain JavaScript give what other backends give.
 *
 * @module
 */
import "@tensorflow/tfjs";
import "@tensorflow/tfjs-backend-wasm";
import * as tf from "@tensorflow/tfjs-core";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { completeKernels } from "../../../lib/autodiff/missing_kernels.ts";
import { assertClose } from "../../parity.ts";
import { numbers } from "./shapes.ts";

type Value = { shape: number[]; data: Float32Array };

function on(backend: string, f: () => tf.Tensor): Value {
  tf.setBackend(backend);
  return tf.tidy(() => {
    const y = f();
    return { shape: y.shape, data: Float32Array.from(y.dataSync()) };
  }) as unknown as Value;
}

await tf.setBackend("wasm");
await tf.setBackend("cpu");

const x = () => numbers<tf.Rank.R4>([2, 6, 6, 3], 1);
const below = () => tf.sub<tf.Tensor5D>(numbers<tf.Rank.R5>([1, 3, 4, 4, 2], 2), 5);
const whole = () => tf.cast(tf.mul(x(), 9), "int32");

/** Calls by kernel; each was wrong on wasm. */
const calls: Record<string, (() => tf.Tensor)[]> = {
  Conv2D: [
    () => tf.conv2d(x(), numbers<tf.Rank.R4>([3, 1, 3, 2], 3), 2, "same"),
    () => tf.conv2d(x(), numbers<tf.Rank.R4>([1, 2, 3, 2], 3), [3, 1], "same"),
    () => tf.conv2d(x(), numbers<tf.Rank.R4>([2, 4, 3, 2], 3), 3, "same"),
  ],
  FusedConv2D: [() =>
    tf.fused.conv2d({
      x: x(),
      filter: numbers<tf.Rank.R4>([3, 1, 3, 2], 3),
      strides: 2,
      pad: "same",
      bias: tf.tensor1d([1, 2]),
    })],
  DepthwiseConv2dNative: [
    () => tf.depthwiseConv2d(x(), numbers<tf.Rank.R4>([1, 3, 3, 2], 3), 2, "same"),
  ],
  ClipByValue: [() => tf.clipByValue(whole(), -3, 4)],
  Dilation2D: [() => tf.dilation2d(x(), numbers<tf.Rank.R3>([2, 2, 3], 4), 1, "same")],
  MaxPool3D: [() => tf.maxPool3d(below(), 2, 1, "same")],
  OneHot: [
    () => tf.oneHot(tf.tensor1d([2, 0, 5], "int32"), 3, 0.9, 0.1, "float32"),
    () => tf.oneHot(tf.tensor2d([[1, 0], [1, 1]], [2, 2], "int32"), 4, 1, 0, "float32"),
  ],
  Prelu: [() => tf.prelu(numbers([4, 3], 1), numbers([4, 1], 2))],
};

const own = new Map(
  Object.entries(calls).map(([name, tries]) => [name, tries.map((f) => attempt(f))]),
);
const product = () => tf.matMul(numbers([2, 1, 2, 3], 1), numbers([1, 3, 3, 2], 2));
const productBefore = on("cpu", product);
completeKernels();

function attempt(f: () => tf.Tensor): Value | undefined {
  try {
    return on("wasm", f);
  } catch {
    return undefined;
  }
}

for (const [name, tries] of Object.entries(calls)) {
  Deno.test(`mended kernels: ${name} on wasm is as on plain JavaScript`, () => {
    tries.forEach((f, i) => {
      const [before, expected] = [own.get(name)?.[i], on("cpu", f)];
      // Should wasm's own become right, the replacement can go.
      assert(before?.data.some((value, j) => Math.abs(value - expected.data[j]!) > 0.01), name);
      assertClose(on("wasm", f), expected, { ofMax: 1e-5 }, name);
    });
  });
}

Deno.test("mended kernels: products broadcast the batches of both operands", () => {
  const slices = (x: tf.Tensor) => tf.unstack(tf.reshape(x, [-1, ...x.shape.slice(-2)]));
  const byHand = () => {
    const [a, b] = [numbers([2, 1, 2, 3], 1), numbers([1, 3, 3, 2], 2)].map(slices);
    const all = a!.flatMap((one) => b!.map((other) => tf.matMul(one, other)));
    return tf.reshape(tf.stack(all), [2, 3, 2, 2]);
  };
  const expected = on("cpu", byHand);
  assertEquals(productBefore.shape, expected.shape);
  assert(productBefore.data.some((value, i) => Math.abs(value - expected.data[i]!) > 0.01));
  for (const backend of ["cpu", "wasm"]) {
    assertClose(on(backend, product), expected, { ofMax: 1e-5 }, backend);
  }
});

Deno.test("mended kernels: sums, means and products of nothing are 0, NaN and 0 on wasm", () => {
  const [wide, high] = [tf.zeros([2, 0]), tf.zeros([0, 3])];
  const nothing: [() => tf.Tensor, number][] = [
    [() => tf.sum(high, 0), 0],
    [() => tf.sum(tf.zeros([0, 3], "int32"), 0, true), 0],
    [() => tf.mean(high, 0), NaN],
    [() => tf.matMul(wide, high), 0],
    [() => tf.matMul(tf.zeros([0, 2]), tf.zeros([3, 0]), true, true), 0],
    [() => tf.grad((x) => tf.sum(tf.mul(high, x)))(tf.ones([3])), 0],
  ];
  for (const [f, value] of nothing) {
    const { shape, data } = on("wasm", f);
    assertEquals([...data], Array<number>(tf.util.sizeFromShape(shape)).fill(value), String(f));
  }
});

Deno.test("mended kernels: convolutions on wasm refuse a filter larger than the input", () => {
  const [image, filter] = [
    numbers<tf.Rank.R4>([2, 2, 5, 3], 1),
    numbers<tf.Rank.R4>([3, 3, 3, 2], 2),
  ];
  const why = "Cannot convolve [2,2,5,3] with [3,3,3,2]: the filter is larger than the input";
  assertThrows(() => on("wasm", () => tf.conv2d(image, filter, 1, "valid")), TypeError, why);
  assertThrows(
    () => on("wasm", () => tf.depthwiseConv2d(image, filter, 1, "valid")),
    TypeError,
    why,
  );
});
