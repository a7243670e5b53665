/**
 * VGG against PyTorch, and what its parameters are.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { filterParams } from "../../lib/params.ts";
import { vgg, vggDepths, type VggOptions, vggOptions, vggShapes } from "../../models/vgg.ts";
import { backends } from "../backends.ts";
import { readFixture } from "../parity.ts";
import { assertOfTables } from "./cifar_tables.ts";
import { assertNetwork } from "./network_parity.ts";

// The gradient of a bias before batch norm is 0 up to rounding: the others are 1e-2 and more.
const tolerances = {
  outputs: { ofMax: 1e-5, atol: 1e-9 },
  gradients: { ofMax: 1e-5, atol: 3e-6 },
  seconds: { ofMax: 5e-5, atol: 3e-6 },
};
const tiny: VggOptions = { depth: 11, width: 1 / 16, numClasses: 5 };

for (const backend of backends) {
  Deno.test(`vgg() gives the same as PyTorch's (${backend.name})`, async () => {
    await assertNetwork(vgg(tiny), await readFixture("vgg_11"), backend, tolerances);
  });
}

Deno.test("vgg() has the keys and numbers of parameters of RepDistiller's networks", async () => {
  for (const depth of vggDepths) {
    await assertOfTables(`vgg${depth}`, vggShapes({ depth, numClasses: 100 }));
  }
});

Deno.test("vgg() gives the last four blocks after their relu as groups", () => {
  tf.setBackend("tensorflow");
  const { f, init } = vgg(tiny);
  const images: tf.Tensor4D = tf.randomNormal([2, 32, 17, 3], 0, 1, "float32", 5);
  const { groups, features } = f(images, init(0), "eval");
  assertEquals(groups.map(({ shape }) => shape), [
    [2, 16, 8, 8],
    [2, 8, 4, 16],
    [2, 4, 2, 32],
    [2, 4, 2, 32],
  ]);
  for (const group of groups) assert(group.dataSync().every((value) => value >= 0));
  assertEquals(features.dataSync(), groups[3].dataSync());
});

Deno.test("vgg() starts its classifier with deviation 0.01, and biases at 0", () => {
  tf.setBackend("tensorflow");
  const params = vgg({ depth: 8, width: 0.25, numClasses: 100 }).init(3);
  const deviation = (key: string) => Math.sqrt(tf.mean(tf.square(params[key]!)).dataSync()[0]!);
  assert(Math.abs(deviation("classifier.weight") / 0.01 - 1) < 0.05);
  assert(Math.abs(deviation("block4.0.weight") / Math.sqrt(2 / (9 * 128)) - 1) < 0.02);
  for (const key of ["classifier.bias", "block0.0.bias", "block4.1.bias"]) {
    assert(params[key]!.dataSync().every((value) => value === 0), key);
  }
});

Deno.test("vgg() throws on a depth, width or number of classes that there is not", () => {
  for (const depth of [9, 12, NaN]) {
    assertThrows(
      () => vgg({ ...tiny, depth: depth as 8 }),
      RangeError,
      `Cannot build a VGG of depth ${depth}: it must be 8, 11, 13, 16, 19`,
    );
  }
  assertThrows(() => vgg({ ...tiny, width: 1 / 65 }), RangeError, "of width 0.0153");
  assertThrows(() => vgg({ ...tiny, numClasses: 0 }), RangeError, "for 0 classes");
  tf.setBackend("tensorflow");
  assertThrows(
    () => vgg(tiny).f(tf.zeros([2, 3, 32, 32]), vgg(tiny).init(0), "eval"),
    TypeError,
    "Cannot run a VGG on images [2,3,32,32]: they must be [N, H, W, 3]",
  );
  assertThrows(
    () => vgg(tiny).f(tf.zeros([2, 8, 7, 3]), vgg(tiny).init(0), "eval"),
    TypeError,
    "Cannot run a VGG on images [2,8,7,3]: each side must be 8 or more",
  );
});

Deno.test("vggOptions() is undefined where any key is missing, too many or of another shape", () => {
  tf.setBackend("tensorflow");
  for (const depth of vggDepths) {
    const options = { ...tiny, depth };
    assertEquals(vggOptions(vgg(options).init(0)), options);
  }
  const params = vgg(tiny).init(0);
  for (const [key, tensor] of Object.entries(params)) {
    assertEquals(vggOptions(filterParams(params, (other) => other !== key)), undefined);
    const wrong = { ...params, [key]: tf.zeros([...tensor.shape, 1]) };
    assertEquals(vggOptions(wrong), undefined, key);
  }
});
