/**
 * Tests of the benchmark's operation counts and kernels.
 *
 * @module
 */
import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import {
  convolutionsOf,
  type Kernel,
  kernelProgram,
  multiplyAdds,
  multiplyAddsOf,
  passes,
  stepMultiplyAdds,
} from "../../../tasks/bench/kernels.ts";
import type { Precision } from "../../../lib/jit/jit.ts";
import { wideResNet } from "../../../models/wide_resnet.ts";
import { narrows } from "../../lib/jit/narrows.ts"; // which starts TensorFlow

function network(depth: number, width: number) {
  const model = wideResNet({ depth, width, numClasses: 10 });
  const params = model.init(0);
  return { params, convolutions: convolutionsOf(model, params, [32, 32, 3]) };
}

Deno.test("convolutionsOf() finds every convolution of a WideResNet, with its size and stride", () => {
  const { params, convolutions } = network(16, 1);
  const filters = Object.values(params).filter(({ rank }) => rank === 4);
  assertEquals(convolutions.reduce((sum, { count }) => sum + count, 0), filters.length);
  assertEquals(convolutions[0], {
    ...{ size: 32, kernel: 3, stride: 1, inputs: 3, outputs: 16, count: 1 },
  });
  const shapes = convolutions.map((c) =>
    `${c.count} ${c.kernel} ${c.inputs} ${c.outputs} ${c.size} ${c.stride}`
  );
  for (const shape of ["4 3 16 16 32 1", "1 3 16 32 16 2", "1 1 16 32 16 2", "3 3 64 64 8 1"]) {
    assert(shapes.includes(shape), `${shape} is not among ${shapes}`);
  }
});

Deno.test("convolutionsOf() sees that a wide first group widens without a stride", () => {
  const { convolutions } = network(10, 2);
  const widening = convolutions.filter(({ inputs, outputs }) => inputs === 16 && outputs === 32);
  assertEquals(widening.map(({ kernel, stride }) => [kernel, stride]), [[3, 1], [1, 1]]);
});

Deno.test("stepMultiplyAdds() is three forward passes less the gradient of the images", () => {
  const { params, convolutions } = network(16, 1);
  const [first] = convolutions;
  assertEquals(multiplyAdds(first!), 32 * 32 * 3 * 3 * 3 * 16);
  const forward = (stepMultiplyAdds(convolutions, params) + multiplyAdds(first!)) / 3;
  assertAlmostEquals(forward, 26.7e6, 0.1e6);
});

const precisions: Precision[] = narrows ? ["float32", "bfloat16"] : ["float32"];

Deno.test("kernelProgram() runs matrix products and all passes of a convolution", async () => {
  const convolution = { size: 4, kernel: 3, stride: 2, inputs: 8, outputs: 16, count: 1 };
  const kernels: Kernel[] = [
    { product: 32 },
    ...passes.map((pass) => ({ convolution, pass, batch: 2 })),
  ];
  assertEquals(multiplyAddsOf(kernels[0]!), 32 ** 3);
  assertEquals(multiplyAddsOf(kernels[1]!), 9 * 2 * 4 * 4 * 9 * 8 * 16);
  for (const kernel of kernels) {
    for (const precision of precisions) {
      const times = await kernelProgram(kernel, precision)(2);
      assert(times.length === 2 && times.every((time) => time > 0));
    }
  }
});
