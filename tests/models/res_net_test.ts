/**
 * The plain residual networks against PyTorch and torchvision.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  addPrefix,
  fillParams,
  filterParams,
  isSgeKey,
  isTrainable,
  type Tensors,
} from "../../lib/params.ts";
import { resNet, type ResNetOptions, resNetOptions, resNetShapes } from "../../models/res_net.ts";
import { wideResNet } from "../../models/wide_resnet.ts";
import { backends } from "../backends.ts";
import { readFixture } from "../parity.ts";
import { assertSame, valuesOf } from "../same.ts";
import { assertNetwork } from "./network_parity.ts";

// Fifty layers multiply rounding errors: see the fixtures' README.
const tolerances = {
  outputs: { ofMax: 2e-5, atol: 1e-9 },
  gradients: { ofMax: 1e-4, atol: 1e-9 },
  seconds: { ofMax: 5e-4, atol: 1e-9 }, // PyTorch's own are off by 7e-5 in float32
};
const depths = [18, 34, 50, 101] as const;
const tiny = { depth: 18, width: 1 / 32, numClasses: 5 } as const;

/** Of the fixtures. */
const networks: [string, ResNetOptions][] = [
  ["res_net_18", tiny],
  ["res_net_18_sge", { ...tiny, sge: { groups: 2 } }],
  ["res_net_50", { ...tiny, depth: 50 }],
  ["res_net_50_sge", { ...tiny, depth: 50, sge: { groups: 4 } }],
  ["res_net_18_small", { ...tiny, stem: "small" }],
];

function images(height: number, width = height): tf.Tensor4D {
  return tf.randomNormal([2, height, width, 3], 0, 1, "float32", 5);
}

// For plain JavaScript, see tests/any_backend.
for (const backend of backends.filter(({ tfjs }) => tfjs !== "cpu")) {
  for (const [file, options] of networks) {
    Deno.test(`resNet() gives the same as PyTorch's, ${file} (${backend.name})`, async () => {
      const fixture = await readFixture(file);
      await assertNetwork(resNet(options), fixture, backend, tolerances);
    });
  }
}

/** Keys and shapes of torchvision's networks by their depth, filters as `[kh, kw, in, out]`. */
async function torchvisionShapes(): Promise<Record<string, Record<string, number[]>>> {
  const path = new URL("../fixtures/torchvision_keys.txt", import.meta.url);
  const lines = (await Deno.readTextFile(path)).trim().split("\n").slice(1);
  const shapes: Record<string, Record<string, number[]>> = {};
  for (const line of lines) {
    const [depth, key, sizes] = line.split(" ") as [string, string, string];
    const shape = sizes.split(",").map(Number);
    (shapes[depth] ??= {})[key] = shape.length === 4 ? shape.toReversed() : shape;
  }
  return shapes;
}

// As torchvision's documentation prints them.
const published = { 18: 11_689_512, 34: 21_797_672, 50: 25_557_032, 101: 44_549_160 };

Deno.test("resNet() has torchvision's keys, shapes and numbers of parameters", async () => {
  tf.setBackend("tensorflow");
  const expected = await torchvisionShapes();
  for (const depth of depths) {
    tf.tidy(() => {
      const params = resNet({ depth, numClasses: 1000 }).init(0);
      const shapes = Object.entries(params).map(([key, { shape }]) => [key, shape]);
      assertEquals(Object.fromEntries(shapes), expected[depth]);
      const sizes = Object.values(filterParams(params, isTrainable)).map(({ size }) => size);
      assertEquals(sizes.reduce((sum, size) => sum + size), published[depth]);
    });
  }
});

Deno.test("resNet() is as wide as told; its stem stays, so layer1.0 has a shortcut of its own", () => {
  tf.setBackend("tensorflow");
  const params = resNet({ depth: 18, width: 0.3, numClasses: 7 }).init(0);
  const shape = (key: string) => params[key]?.shape;
  assertEquals(shape("conv1.weight"), [7, 7, 3, 64]);
  assertEquals(shape("layer1.0.conv1.weight"), [3, 3, 64, 19]);
  assertEquals(shape("layer1.0.downsample.0.weight"), [1, 1, 64, 19]);
  assertEquals(shape("layer1.1.downsample.0.weight"), undefined);
  assertEquals(shape("layer2.0.conv1.weight"), [3, 3, 19, 38]);
  assertEquals(shape("layer3.1.conv2.weight"), [3, 3, 76, 76]);
  assertEquals(shape("layer4.0.downsample.0.weight"), [1, 1, 76, 153]);
  assertEquals(shape("fc.weight"), [7, 153]);
});

Deno.test("resNet() starts batch norm at 1 and 0, and SGE besides without changing the rest", () => {
  tf.setBackend("tensorflow");
  const params = resNet(tiny).init(3);
  const all = (name: RegExp, value: number) => {
    const tensors = Object.values(filterParams(params, (key) => name.test(key)));
    assert(tensors.length > 0, String(name));
    for (const tensor of tensors) assert(tensor.dataSync().every((x) => x === value), String(name));
  };
  all(/(bn\d|downsample\.1)\.(weight|running_var)$/, 1);
  all(/(bn\d|downsample\.1|fc)\.bias$|running_mean$/, 0);
  assertSame(resNet(tiny).init(3), params);

  const enhanced = resNet({ ...tiny, sge: { groups: 2 } }).init(3);
  assertSame(filterParams(enhanced, (key) => !isSgeKey(key)), params);
  const blocks = [1, 2, 3, 4].flatMap((stage) => [0, 1].map((b) => `layer${stage}.${b}.sge`));
  assertEquals(
    Object.keys(enhanced).filter(isSgeKey),
    blocks.flatMap((key) => [`${key}.weight`, `${key}.bias`]),
  );
});

Deno.test("resNet() starts from a checkpoint without SGE", () => {
  tf.setBackend("tensorflow");
  const { f, init } = resNet({ ...tiny, sge: { groups: 2 } });
  const params = fillParams(resNet(tiny).init(3), init(4), isSgeKey, "a checkpoint");
  assertEquals(f(images(36), params, "eval").logits.shape, [2, 5]);
});

Deno.test("resNet() halves the image five times, rounding up as PyTorch does", () => {
  tf.setBackend("tensorflow");
  const { f, init } = resNet(tiny);
  const params = init(0);
  const sizes = (height: number, width: number) =>
    f(images(height, width), params, "eval").groups.map(({ shape }) => shape.slice(1, 3));
  assertEquals(sizes(224, 224), [[56, 56], [28, 28], [14, 14], [7, 7]]);
  assertEquals(sizes(33, 65), [[9, 17], [5, 9], [3, 5], [2, 3]]);
  assertEquals(sizes(32, 32), [[8, 8], [4, 4], [2, 2], [1, 1]]);
});

Deno.test("resNet() gives raw sums as groups, which have negative values", () => {
  tf.setBackend("tensorflow");
  const { f, init } = resNet(tiny);
  for (const mode of ["eval", "train"] as const) {
    for (const group of f(images(64), init(0), mode).groups) {
      assert(tf.min(group).dataSync()[0]! < 0);
    }
  }
});

Deno.test("resNet() changes no parameter, disposes nothing and leaves nothing behind", () => {
  tf.setBackend("tensorflow");
  const { f, init } = resNet({ ...tiny, sge: { groups: 2 } });
  const params = init(1);
  const before = valuesOf(params);
  const input = images(36);
  for (const mode of ["eval", "train"] as const) {
    const tensors = tf.memory().numTensors;
    const { logits, groups, features, gateInputs, stats } = f(input, params, mode);
    tf.dispose([logits, ...groups, features, ...gateInputs!, ...Object.values(stats)]);
    assertEquals(tf.memory().numTensors, tensors);
  }
  assert(!input.isDisposed);
  assertSame(params, before);
});

Deno.test("resNet() reads its parameters under a base, and gives statistics under it", () => {
  tf.setBackend("tensorflow");
  const { f, init } = resNet({ ...tiny, sge: { groups: 2 } });
  const params = init(1);
  const alone = f(images(36), params, "train");
  const based = f(images(36), addPrefix("teacher.", params), "train", "teacher.");
  assertSame(based.stats, addPrefix("teacher.", alone.stats));
  assertSame({ logits: based.logits }, { logits: alone.logits });
});

Deno.test("resNet() names every parameter that is missing", () => {
  tf.setBackend("tensorflow");
  const { f, init } = resNet({ ...tiny, sge: { groups: 2 } });
  const params = init(0);
  const input = images(36);
  for (const missing of Object.keys(params)) {
    const rest = filterParams(params, (key) => key !== missing);
    assertThrows(() => f(input, rest, "eval"), TypeError, `no parameter ${missing}`);
  }
});

Deno.test("resNet() throws on options that there are not", () => {
  for (const depth of [16, 152, 0, NaN, "toString"]) {
    const options = { ...tiny, depth: depth as 18 };
    assertThrows(() => resNet(options), RangeError, `depth ${depth}: it must be 18, 34, 50, 101`);
  }
  for (const width of [0, -1, 1 / 65, NaN, Infinity]) {
    assertThrows(() => resNet({ ...tiny, width }), RangeError, `ResNet of width ${width}`);
  }
  for (const numClasses of [0, -10, 2.5, NaN]) {
    assertThrows(() => resNet({ ...tiny, numClasses }), RangeError, `${numClasses} classes`);
  }
  const build = (depth: 18 | 50, groups: number) =>
    resNet({ depth, numClasses: 10, sge: { groups } });
  assertThrows(
    () => build(18, 128),
    RangeError,
    "Cannot build a ResNet with 128 groups of SGE: they must divide the channels, which are 64, 128, " +
      "256, 512, so at most 64",
  );
  assertThrows(() => build(50, 512), RangeError, "are 256, 512, 1024, 2048, so at most 256");
  build(18, 64);
  build(50, 256);
});

for (const depth of depths) {
  Deno.test(`resNetOptions() reads the options back at depth ${depth}`, () => {
    tf.setBackend("tensorflow");
    for (const width of [0.125, 0.25]) {
      for (const sge of [{}, { sge: { groups: 8 } }]) {
        tf.tidy(() => {
          const options = { depth, width, numClasses: 7, ...sge };
          assertEquals(resNetOptions(resNet(options).init(0)), options);
        });
      }
    }
  });
}

Deno.test("resNetOptions() tells a network of the same shapes where the width is rounded", () => {
  tf.setBackend("tensorflow");
  const params = resNet({ depth: 18, width: 0.3, numClasses: 7 }).init(1);
  assertSame(resNet(resNetOptions(params)!).init(1), params);
});

Deno.test("resNetOptions() is undefined for other parameters", () => {
  tf.setBackend("tensorflow");
  const params = resNet(tiny).init(0);
  const without = (pattern: RegExp) => filterParams(params, (key) => !pattern.test(key));
  const others: Tensors[] = [
    {},
    wideResNet({ depth: 10, width: 1, numClasses: 10 }).init(0),
    without(/^fc\./),
    without(/^layer3\./),
    without(/^layer2\.1\./),
    { ...params, "layer1.0.conv3.weight": tf.zeros([1, 1, 2, 8]) },
  ];
  for (const other of others) assertEquals(resNetOptions(other), undefined);
});

Deno.test("resNetShapes() gives the keys and shapes that init() makes, in its order", () => {
  tf.setBackend("tensorflow");
  for (const depth of [18, 50] as const) {
    for (const more of [{}, { sge: { groups: 2 } }, { stem: "small" as const }]) {
      const options = { depth, width: 1 / 16, numClasses: 7, ...more };
      const made = Object.entries(resNet(options).init(0));
      assertEquals([...resNetShapes(options)], made.map(([key, { shape }]) => [key, shape]));
    }
  }
});

Deno.test("resNetOptions() is undefined where any key is missing, too many or of another shape", () => {
  tf.setBackend("tensorflow");
  const options = { depth: 18, width: 1 / 16, numClasses: 3 } as const;
  const params = resNet(options).init(0);
  const small = { ...params, "conv1.weight": tf.zeros([3, 3, 3, 64]) };
  assertEquals(resNetOptions(small), { ...options, stem: "small" });
  const unknown = { ...params, "conv1.weight": tf.zeros([5, 5, 3, 64]) };
  assertEquals(resNetOptions(unknown), undefined);
  for (const [key, tensor] of Object.entries(params)) {
    assertEquals(resNetOptions(filterParams(params, (other) => other !== key)), undefined, key);
    const wrong = { ...params, [key]: tf.zeros([...tensor.shape, 1]) };
    assertEquals(resNetOptions(wrong), undefined, key);
  }
  for (const name of ["constructor", "conv2.weight", "layer1.2.conv1.weight"]) {
    assertEquals(resNetOptions({ ...params, [name]: tf.zeros([1]) }), undefined);
  }
});
