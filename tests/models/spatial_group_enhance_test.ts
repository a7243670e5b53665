/**
 * Spatial group-wise enhance against PyTorch, and what it refuses.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { spatialGroupEnhance } from "../../models/spatial_group_enhance.ts";
import { backends } from "../backends.ts";
import { assertClose, readFixture, toTensor } from "../parity.ts";
import { assertGate } from "./activation_checks.ts";
import { assertDerivatives, type Layer, second } from "./derivatives.ts";

const tolerance = { ofMax: 2e-5, atol: 1e-9 };
const fixture = await readFixture("layers");
const cases: Record<string, { groups: number; normalize: boolean }> =
  JSON.parse(fixture.metadata.cases!).spatialGroupEnhance;

function layerOf(groups: number, normalize: boolean): Layer {
  return ({ x, weight, bias }) =>
    spatialGroupEnhance(
      x as tf.Tensor4D,
      weight as tf.Tensor1D,
      bias as tf.Tensor1D,
      groups,
      { normalize },
    );
}

function random(shape: [number, number, number, number], seed: number): tf.Tensor4D {
  return tf.randomNormal(shape, 0.5, 1, "float32", seed);
}

for (const backend of backends) {
  for (const [name, { groups, normalize }] of Object.entries(cases)) {
    Deno.test(`spatialGroupEnhance() is as PyTorch's, ${name} (${backend.name})`, async () => {
      await assertDerivatives(
        layerOf(groups, normalize),
        ["x", "weight", "bias"],
        fixture,
        `spatialGroupEnhance/${name}`,
        backend,
        tolerance,
      );
    });
  }

  Deno.test(`spatialGroupEnhance() has finite second derivatives at constant maps (${backend.name})`, async () => {
    const get = (key: string) => toTensor(fixture.get(`spatialGroupEnhance/constant maps/${key}`));
    const layer = layerOf(2, true);
    const run = backend.use((x: tf.Tensor, weight: tf.Tensor, bias: tf.Tensor) =>
      second(layer, { x, weight, bias }, tf.ones(x.shape), tf.ones(x.shape))
    );
    const seconds = await run(get("x"), get("weight"), get("bias"));
    for (const [name, tensor] of Object.entries(seconds)) {
      assert(tensor.dataSync().every(Number.isFinite), name);
    }
  });
}

Deno.test("spatialGroupEnhance() scales everything by the sigmoid of the bias at weight 0", () => {
  tf.setBackend("tensorflow");
  const x = random([2, 3, 4, 6], 1);
  for (const normalize of [true, false]) {
    const y = spatialGroupEnhance(x, tf.zeros([3]), tf.ones([3]), 3, { normalize });
    assertClose(y, tf.mul(x, 1 / (1 + Math.exp(-1))), tolerance, `normalize ${normalize}`);
  }
});

for (const backend of backends) {
  Deno.test(`spatialGate() is what spatialGroupEnhance() multiplies by (${backend.name})`, () =>
    assertGate(backend));
}

Deno.test("spatialGroupEnhance() keeps examples and groups of neighbouring channels apart", () => {
  tf.setBackend("tensorflow");
  const x = random([2, 3, 4, 6], 2);
  const [weight, bias] = [tf.tensor1d([1, -2, 3]), tf.tensor1d([0, 1, -1])];
  const whole = spatialGroupEnhance(x, weight, bias, 3);
  for (const example of [0, 1]) {
    for (const group of [0, 1, 2]) {
      const part = (t: tf.Tensor4D) => tf.slice(t, [example, 0, 0, 2 * group], [1, 3, 4, 2]);
      const vector = (t: tf.Tensor1D) => tf.slice(t, [group], [1]);
      const alone = spatialGroupEnhance(part(x), vector(weight), vector(bias), 1);
      assertClose(part(whole), alone, tolerance, `example ${example}, group ${group}`);
    }
  }
});

Deno.test("spatialGroupEnhance() changes and leaves nothing behind", () => {
  tf.setBackend("tensorflow");
  const x = random([2, 3, 4, 6], 3);
  const before = x.dataSync().slice();
  const [weight, bias] = [tf.ones<tf.Rank.R1>([2]), tf.ones<tf.Rank.R1>([2])];
  const tensors = tf.memory().numTensors;
  spatialGroupEnhance(x, weight, bias, 2).dispose();
  assertEquals(tf.memory().numTensors, tensors);
  assertEquals(x.dataSync(), before);
});

Deno.test("spatialGroupEnhance() throws on groups that do not fit", () => {
  const x = tf.zeros<tf.Rank.R4>([2, 3, 4, 6]);
  for (const groups of [4, 0, -2, 1.5, NaN, 12]) {
    assertThrows(
      () => spatialGroupEnhance(x, tf.zeros([1]), tf.zeros([1]), groups),
      RangeError,
      `Cannot enhance [2,3,4,6] in ${groups} groups: it must be a whole number that divides the 6`,
    );
  }
});

Deno.test("spatialGroupEnhance() throws on one position", () => {
  assertThrows(
    () => spatialGroupEnhance(tf.zeros([2, 1, 1, 6]), tf.zeros([2]), tf.zeros([2]), 2),
    RangeError,
    "Cannot enhance [2,1,1,6]: there must be 2 positions or more, H * W is 1",
  );
});

Deno.test("spatialGroupEnhance() throws on other ranks and shapes", () => {
  const x = tf.zeros<tf.Rank.R4>([2, 3, 4, 6]);
  const [two, three] = [tf.zeros<tf.Rank.R1>([2]), tf.zeros<tf.Rank.R1>([3])];
  const flat = tf.zeros([2, 6]) as unknown as tf.Tensor4D;
  assertThrows(() => spatialGroupEnhance(flat, two, two, 2), TypeError, "must be [N, H, W, C]");
  assertThrows(() => spatialGroupEnhance(x, three, two, 2), TypeError, "weight of shape [3]");
  assertThrows(() => spatialGroupEnhance(x, two, three, 2), TypeError, "bias of shape [3]");
  const square = tf.zeros([2, 1]) as unknown as tf.Tensor1D;
  assertThrows(() => spatialGroupEnhance(x, square, two, 2), TypeError, "it must be [2]");
});
