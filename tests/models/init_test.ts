/**
 * How first parameters are spread, and that a seed names them.
 *
 * @module
 */
import "@tensorflow/tfjs";
import * as tf from "@tensorflow/tfjs-core";
import { assert, assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import { filterParams, type Tensors } from "../../lib/params.ts";
import { Initializer } from "../../models/init.ts";
import { wideResNet } from "../../models/wide_resnet.ts";
import { assertSame } from "../same.ts";

tf.setBackend("cpu");

function values(params: Tensors, key: string): number[] {
  const tensor = params[key];
  assert(tensor, `no ${key}`);
  return Array.from(tensor.dataSync());
}

function mean(numbers: number[]): number {
  return numbers.reduce((sum, x) => sum + x, 0) / numbers.length;
}

function deviation(numbers: number[]): number {
  const centre = mean(numbers);
  return Math.sqrt(mean(numbers.map((x) => (x - centre) ** 2)));
}

function correlation(a: number[], b: number[]): number {
  const [meanA, meanB] = [mean(a), mean(b)];
  return mean(a.map((x, i) => (x - meanA) * (b[i]! - meanB))) / deviation(a) / deviation(b);
}

/** Fails where a sample of normal numbers strays more than five standard errors. */
function assertNormal(sample: number[], expectedDeviation: number, label: string): void {
  const n = sample.length;
  const scaled = sample.map((x) => x / expectedDeviation);
  const off = {
    mean: mean(scaled) * Math.sqrt(n),
    deviation: (deviation(scaled) - 1) * Math.sqrt(2 * n),
    kurtosis: (mean(scaled.map((x) => x ** 4)) - 3) * Math.sqrt(n / 96),
  };
  for (const [name, errors] of Object.entries(off)) {
    assert(Math.abs(errors) < 5, `${label}: the ${name} is ${errors} standard errors off`);
  }
}

Deno.test("Initializer draws convolutions and the classifier Kaiming normal", () => {
  const params = wideResNet({ depth: 16, width: 2, numClasses: 100 }).init(7);
  const fanIn: Record<string, number> = {
    "conv0": 3 * 3 * 3,
    "group0.block0.conv0": 3 * 3 * 16,
    "group0.block0.convdim": 16,
    "group1.block1.conv1": 3 * 3 * 64,
    "group2.block0.conv0": 3 * 3 * 64,
    "group2.block0.convdim": 64,
    "group2.block1.conv1": 3 * 3 * 128,
    "fc.weight": 128,
  };
  for (const [key, inputs] of Object.entries(fanIn)) {
    assertNormal(values(params, key), Math.sqrt(2 / inputs), key);
  }
});

Deno.test("Initializer draws batch norm weights uniform in [0, 1) and fixes the rest", () => {
  const first = new Initializer(3);
  first.batchNorm("bn", 4000, "uniform");
  const weights = values(first.params, "bn.weight");
  assert(weights.every((x) => x >= 0 && x < 1));
  assert(Math.abs(mean(weights) - 1 / 2) < 5 * Math.sqrt(1 / 12 / 4000));
  assert(Math.abs(deviation(weights) - Math.sqrt(1 / 12)) < 5 * Math.sqrt(1 / 180 / 4000));
  assert(values(first.params, "bn.bias").every((x) => x === 0));
  assert(values(first.params, "bn.running_mean").every((x) => x === 0));
  assert(values(first.params, "bn.running_var").every((x) => x === 1));
  first.linear("fc", 4, 3);
  assertEquals(values(first.params, "fc.bias"), [0, 0, 0]);
});

Deno.test("Initializer starts SGE at 0 and 1 or as told", () => {
  const first = new Initializer(3);
  first.spatialGroupEnhance("a", { groups: 2 });
  first.spatialGroupEnhance("b", { groups: 2, initWeight: 0.5, initBias: -1 });
  assertEquals(Object.keys(first.params), [
    "a.sge.weight",
    "a.sge.bias",
    "b.sge.weight",
    "b.sge.bias",
  ]);
  assertEquals(Object.keys(first.params).map((key) => values(first.params, key)[1]), [
    0,
    1,
    0.5,
    -1,
  ]);
});

Deno.test("Initializer draws parameters of one size independently of each other", () => {
  const params = wideResNet({ depth: 22, width: 1, numClasses: 10 }).init(0);
  const keys = [0, 1, 2].flatMap((block) =>
    ["conv0", "conv1"].map((conv) => `group0.block${block}.${conv}`)
  );
  for (const [i, a] of keys.entries()) {
    for (const b of keys.slice(i + 1)) {
      const [x, y] = [values(params, a), values(params, b)];
      assert(Math.abs(correlation(x, y)) < 5 / Math.sqrt(x.length), `${a} and ${b} are correlated`);
    }
  }
});

Deno.test("init() gives the same for one seed, and other values for another", () => {
  const { init } = wideResNet({ depth: 10, width: 1, numClasses: 10 });
  const [five, six] = [init(5), init(6)];
  assertSame(init(5), five);
  assertEquals(Object.keys(five), Object.keys(six));
  for (const key of ["conv0", "bn.weight", "fc.weight"]) {
    assertNotEquals(values(five, key), values(six, key));
  }
});

Deno.test("init() draws the layers that two networks share the same", () => {
  const ten = wideResNet({ depth: 10, width: 1, numClasses: 10 }).init(5);
  const sixteen = wideResNet({ depth: 16, width: 1, numClasses: 10 }).init(5);
  const isShared = (key: string) => /^conv0$|^group0\.block0\./.test(key);
  assertSame(filterParams(ten, isShared), filterParams(sixteen, isShared));
});

Deno.test("init() throws on a seed that is none", () => {
  const { init } = wideResNet({ depth: 10, width: 1, numClasses: 10 });
  for (const seed of [-1, 0.5, NaN, 2 ** 32]) {
    assertThrows(() => init(seed), RangeError, `current value is ${seed}`);
  }
});
