/**
 * The residual networks for CIFAR against PyTorch, and what their parameters are.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { fillParams, filterParams, isSgeKey } from "../../lib/params.ts";
import {
  cifarResNet,
  type CifarResNetOptions,
  cifarResNetOptions,
  cifarResNetShapes,
} from "../../models/cifar_res_net.ts";
import { resNet } from "../../models/res_net.ts";
import { backends } from "../backends.ts";
import { readFixture } from "../parity.ts";
import { assertOfTables } from "./cifar_tables.ts";
import { assertNetwork } from "./network_parity.ts";

const tolerances = {
  outputs: { ofMax: 1e-5, atol: 1e-9 },
  gradients: { ofMax: 1e-5, atol: 1e-9 },
  seconds: { ofMax: 5e-5, atol: 1e-9 },
};
const tiny: CifarResNetOptions = { depth: 8, widths: [4, 6, 8, 10], numClasses: 5 };
const x4 = [32, 64, 128, 256] as const;

for (const backend of backends) {
  Deno.test(`cifarResNet() gives the same as PyTorch's (${backend.name})`, async () => {
    const fixture = await readFixture("cifar_res_net_8");
    await assertNetwork(cifarResNet(tiny), fixture, backend, tolerances);
  });
}

Deno.test("cifarResNet() has the keys and numbers of parameters of RepDistiller's networks", async () => {
  for (const depth of [8, 14, 20, 32, 44, 56, 110]) {
    await assertOfTables(`resnet${depth}`, cifarResNetShapes({ depth, numClasses: 100 }));
  }
  for (const depth of [8, 32]) {
    const shapes = cifarResNetShapes({ depth, widths: x4, numClasses: 100 });
    await assertOfTables(`resnet${depth}x4`, shapes);
  }
});

Deno.test("cifarResNet() gives its groups after the relu, 1, 2 and 4 times smaller", () => {
  tf.setBackend("tensorflow");
  const { f, init } = cifarResNet(tiny);
  const images: tf.Tensor4D = tf.randomNormal([2, 9, 7, 3], 0, 1, "float32", 5);
  const { groups, features } = f(images, init(0), "eval");
  assertEquals(groups.map(({ shape }) => shape), [[2, 9, 7, 6], [2, 5, 4, 8], [2, 3, 2, 10]]);
  for (const group of groups) assert(group.dataSync().every((value) => value >= 0));
  assertEquals(features.dataSync(), groups[2].dataSync());
  groups[2].dispose();
  assertEquals(features.dataSync().length, 2 * 3 * 2 * 10);
});

Deno.test("cifarResNet() starts as RepDistiller's: by the outputs, the classifier as PyTorch's own", () => {
  tf.setBackend("tensorflow");
  const params = cifarResNet({ depth: 8, widths: x4, numClasses: 100 }).init(3);
  const valuesOf = (key: string) => params[key]!.dataSync();
  const deviation = (key: string) => Math.sqrt(tf.mean(tf.square(params[key]!)).dataSync()[0]!);
  for (const [key, outputs] of [["layer2.0.conv1", 128], ["layer3.0.conv1", 256]] as const) {
    const expected = Math.sqrt(2 / (9 * outputs));
    assert(Math.abs(deviation(`${key}.weight`) / expected - 1) < 0.02, key);
  }
  const bound = 1 / Math.sqrt(256);
  for (const key of ["fc.weight", "fc.bias"]) {
    assert(valuesOf(key).every((value) => Math.abs(value) <= bound), key);
    assert(Math.abs(deviation(key) / (bound / Math.sqrt(3)) - 1) < 0.2, key);
  }
  assert(valuesOf("layer1.0.bn2.weight").every((value) => value === 1));
});

Deno.test("cifarResNet() takes SGE, and starts from a checkpoint without it", () => {
  tf.setBackend("tensorflow");
  const options = { ...tiny, widths: [4, 4, 8, 16], sge: { groups: 4 } } as const;
  const { f, init } = cifarResNet(options);
  const without = cifarResNet({ ...options, sge: undefined }).init(3);
  const params = fillParams(without, init(4), isSgeKey, "a checkpoint");
  assertEquals(cifarResNetOptions(params), options);
  const { gateInputs, logits } = f(tf.zeros([2, 8, 8, 3]), params, "eval");
  assertEquals([gateInputs?.length, logits.shape], [3, [2, 5]]);
  assertThrows(
    () => cifarResNet({ ...options, sge: { groups: 8 } }),
    RangeError,
    "Cannot build a CIFAR ResNet with 8 groups of SGE: they must divide the channels, which are 4, 8, " +
      "16, so at most 4",
  );
});

Deno.test("cifarResNet() throws on a depth, widths or number of classes that there is not", () => {
  for (const depth of [2, 16, 18, 8.5, NaN, Infinity]) {
    assertThrows(
      () => cifarResNet({ ...tiny, depth }),
      RangeError,
      `Cannot build a CIFAR ResNet of depth ${depth}: it must be 6n + 2`,
    );
  }
  for (const widths of [[4, 6, 8], [4, 6, 8, 0], [4, 6, 8, 1.5], [4, 6, 8, 10, 12]]) {
    assertThrows(
      () => cifarResNet({ ...tiny, widths: widths as unknown as [4, 4, 4, 4] }),
      RangeError,
      `of widths ${widths}: they must be 4 whole numbers`,
    );
  }
  assertThrows(() => cifarResNet({ ...tiny, numClasses: 0 }), RangeError, "for 0 classes");
});

Deno.test("cifarResNetOptions() is undefined where any key is missing, too many or of another shape", () => {
  tf.setBackend("tensorflow");
  const params = cifarResNet(tiny).init(0);
  assertEquals(cifarResNetOptions(params), tiny);
  for (const [key, tensor] of Object.entries(params)) {
    assertEquals(cifarResNetOptions(filterParams(params, (other) => other !== key)), undefined);
    const wrong = { ...params, [key]: tf.zeros([...tensor.shape, 1]) };
    assertEquals(cifarResNetOptions(wrong), undefined, key);
  }
  const stages = resNet({ depth: 18, width: 1 / 32, numClasses: 5, stem: "small" }).init(0);
  assertEquals(cifarResNetOptions(stages), undefined);
});
