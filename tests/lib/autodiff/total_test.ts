/**
 * The sum of many tensors.
 *
 * @module
 */
import "@tensorflow/tfjs";
import * as tf from "@tensorflow/tfjs-core";
import { assertEquals } from "@std/assert";
import { total } from "../../../lib/autodiff/total.ts";

tf.setBackend("cpu");

Deno.test("total() sums any number of tensors, with a gradient by each", () => {
  for (const count of [1, 2, 7, 8, 13, 14, 40]) {
    const tensors = Array.from({ length: count }, (_, i) => tf.tensor1d([i + 1, 1]));
    const sum = total(tensors);
    assertEquals([...sum.dataSync()], [count * (count + 1) / 2, count]);
    const gradients = tf.grads((...tensors) => total(tensors))(tensors);
    for (const gradient of gradients) assertEquals([...gradient.dataSync()], [1, 1]);
  }
});

// tfjs's webgpu backend lets a shader read seven: see any_backend for what comes out beyond.
Deno.test("total() never gives tf.addN more than seven", () => {
  const most = Math.max(...countsOf(() => total(Array.from({ length: 40 }, () => tf.scalar(1)))));
  assertEquals(most, 7);
});

/** How many tensors each addition reads while `f` runs. */
function countsOf(f: () => tf.Tensor): number[] {
  const counts: number[] = [];
  const { kernelFunc, ...kernel } = tf.getKernel("AddN", "cpu") as tf.KernelConfig;
  const replace = (kernelFunc: tf.KernelFunc) => {
    tf.unregisterKernel("AddN", "cpu");
    tf.registerKernel({ ...kernel, kernelFunc });
  };
  replace((call) => {
    counts.push(Object.keys(call.inputs).length);
    return kernelFunc(call);
  });
  try {
    f();
  } finally {
    replace(kernelFunc);
  }
  return counts;
}
