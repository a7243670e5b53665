/**
 * Folded residual networks against PyTorch, against the networks that they are folded from, and from
 * files.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { UserError } from "../../lib/errors.ts";
import { crossEntropy } from "../../lib/losses/cross_entropy.ts";
import { inputGradient } from "../../lib/losses/gradient.ts";
import { addPrefix, filterParams, type Tensors } from "../../lib/params.ts";
import { randomStream } from "../../lib/random.ts";
import { loadParams, saveParams } from "../../lib/formats/weights.ts";
import { fold, foldedResNet, foldedResNetOptions } from "../../models/folded_res_net.ts";
import type { Model } from "../../models/model.ts";
import { resNet, type ResNetOptions } from "../../models/res_net.ts";
import { wideResNet } from "../../models/wide_resnet.ts";
import { backends } from "../backends.ts";
import { inFolder } from "../folders.ts";
import { assertClose, readFixture, toTensor, toTensors } from "../parity.ts";
import { assertSame, valuesOf } from "../same.ts";

// As for the networks with batch norm: see res_net_test.ts.
const tolerance = { ofMax: 2e-5, atol: 1e-9 };
const gradientTolerance = { ofMax: 1e-4, atol: 1e-9 };
const depths = [18, 34, 50, 101] as const;
const tiny = { depth: 18, width: 1 / 32, numClasses: 5 } as const;

function images(size: number): tf.Tensor4D {
  return tf.randomNormal([2, size, size, 3], 0, 1, "float32", 5);
}

/** A network's parameters, moved from where they start, so that no term can be left out unnoticed. */
function livedIn(options: ResNetOptions): Tensors {
  const params = resNet(options).init(1);
  const moved = Object.entries(params).map(([key, tensor], i) => {
    const { uniform, normal } = randomStream(2, i);
    const draw = (value: () => number) =>
      tf.tensor(Float32Array.from({ length: tensor.size }, value), tensor.shape);
    if (/\.(bias|running_mean)$/.test(key)) return [key, draw(() => 0.2 * normal())];
    if (tensor.rank !== 1) return [key, tensor];
    // Blocks that changed their input much would multiply rounding errors.
    const scale = key.endsWith("running_var") || !/layer.*bn[23]/.test(key) ? 1 : 0.25;
    return [key, draw(() => scale * (0.5 + 1.5 * uniform()))];
  });
  return Object.fromEntries(moved);
}

/** What an image's teacher is asked for: logits, groups, and the gradient of its loss by the images. */
function outputsOf(f: Model["f"]) {
  return (images: tf.Tensor4D, labels: tf.Tensor1D, params: Tensors) => {
    const { logits, groups, stats } = f(images, params, "eval");
    const loss = (x: tf.Tensor4D) => crossEntropy(f(x, params, "eval").logits, labels);
    return { logits, groups, stats, gradient: inputGradient(loss, images) };
  };
}

for (const { name, use } of backends) {
  Deno.test(`foldedResNet() gives the same as PyTorch (${name})`, async () => {
    const fixture = await readFixture("folded_res_net_18");
    const { f } = foldedResNet(toTensors(fixture.under("params")));
    const { logits, groups, stats, gradient } = await use(outputsOf(f))(
      toTensor<tf.Rank.R4>(fixture.get("images")),
      toTensor<tf.Rank.R1>(fixture.get("labels")),
      toTensors(fixture.under("params")),
    );
    assertClose(logits, fixture.get("logits"), tolerance, "logits");
    assertEquals(groups.length, 4);
    for (const [i, group] of groups.entries()) {
      assertClose(group, fixture.get(`groups/${i}`), tolerance, `group ${i}`);
    }
    assertClose(gradient, fixture.get("imageGradient"), gradientTolerance, "gradient");
    assertEquals(stats, {});
  });

  for (const file of ["res_net_18", "res_net_50"]) {
    Deno.test(`fold() gives what PyTorch's network gives, ${file} (${name})`, async () => {
      const fixture = await readFixture(file);
      const run = use((images: tf.Tensor4D, params: Tensors) => {
        const folded = fold(params);
        return foldedResNet(folded).f(images, folded, "eval");
      });
      const images = toTensor<tf.Rank.R4>(fixture.get("images"));
      const { logits, groups } = await run(images, toTensors(fixture.under("params")));
      assertClose(logits, fixture.get("eval/logits"), tolerance, "logits");
      for (const [i, group] of groups.entries()) {
        assertClose(group, fixture.get(`eval/groups/${i}`), tolerance, `group ${i}`);
      }
    });
  }
}

for (const { name, tfjs, use } of backends.filter(({ name }) => !name.includes("compiled"))) {
  for (const depth of depths) {
    Deno.test(`fold() gives the same logits, groups and gradients at depth ${depth} (${name})`, async () => {
      tf.setBackend(tfjs);
      const options = { ...tiny, depth };
      const params = livedIn(options);
      const folded = fold(params);
      const inputs = [images(36), tf.tensor1d([3, 0], "int32")] as const;
      const expected = await use(outputsOf(resNet(options).f))(...inputs, params);
      const actual = await use(outputsOf(foldedResNet(folded).f))(...inputs, folded);
      assertClose(actual.logits, expected.logits, tolerance, "logits");
      for (const [i, group] of expected.groups.entries()) {
        assertClose(actual.groups[i] as tf.Tensor, group, tolerance, `group ${i}`);
      }
      assertClose(actual.gradient, expected.gradient, gradientTolerance, "gradient");
    });
  }
}

Deno.test("fold() has the export's keys, but no bias of a shortcut", async () => {
  tf.setBackend("tensorflow");
  const fixture = await readFixture("folded_res_net_18");
  const exported = Object.entries(fixture.under("params"))
    .filter(([key]) => !key.endsWith("conv_dim.bias"))
    .map(([key, { shape }]) => [key, shape]);
  const folded = Object.entries(fold(resNet(tiny).init(0))).map(([key, { shape }]) => [key, shape]);
  assertEquals(Object.fromEntries(folded), Object.fromEntries(exported));
});

Deno.test("fold() changes nothing, and gives tensors of its own", () => {
  tf.setBackend("tensorflow");
  const params = livedIn(tiny);
  const before = valuesOf(params);
  const tensors = tf.memory().numTensors;
  tf.dispose(fold(params));
  assertEquals(tf.memory().numTensors, tensors);
  assertSame(params, before);
});

Deno.test("fold() refuses what it cannot fold", () => {
  tf.setBackend("tensorflow");
  const params = resNet(tiny).init(0);
  const refuses = (params: Tensors, message: string) =>
    assertThrows(() => fold(params), UserError, message);
  refuses({}, "not those of a ResNet of depth 18, 34, 50 or 101");
  refuses(fold(params), "not those of a ResNet");
  refuses(wideResNet({ depth: 10, width: 1, numClasses: 5 }).init(0), "not those of a ResNet");
  const enhanced = resNet({ ...tiny, sge: { groups: 2 } }).init(0);
  refuses(enhanced, "they have SGE (layer1.0.sge.weight)");
  refuses(filterParams(enhanced, (key) => !/layer1\..*sge/.test(key)), "SGE (layer2.0.sge.weight)");
  for (const missing of ["bn1.running_var", "layer2.0.downsample.1.bias", "fc.bias"]) {
    refuses(filterParams(params, (key) => key !== missing), `it has no ${missing} [`);
  }
  refuses({ ...params, "layer1.0.bn1.bias": tf.zeros([1]) }, "layer1.0.bn1.bias has shape [1]");
});

Deno.test("foldedResNet() adds the bias of a shortcut where there is one", () => {
  tf.setBackend("tensorflow");
  const params = fold(livedIn(tiny));
  const key = "group2.block0.conv_dim.bias";
  const shift = tf.range(1, 9);
  const withShift = { ...params, [key]: shift };
  const last = "group2.block0.conv1.bias";
  const joined = { ...params, [last]: tf.add(params[last] as tf.Tensor, shift) };
  const logits = (params: Tensors) => foldedResNet(params).f(images(32), params, "eval").logits;
  assertClose(logits(withShift), logits(joined), tolerance, "logits");
  const before = logits(params).dataSync();
  assert(logits(withShift).dataSync().some((value, i) => Math.abs(value - before[i]!) > 0.1));
});

Deno.test("foldedResNet() reads blocks, widths and classes from the parameters", () => {
  tf.setBackend("tensorflow");
  const shapes = (params: Tensors) => {
    const { logits, groups } = foldedResNet(params).f(images(32), params, "eval");
    return [logits, ...groups].map(({ shape }) => shape.at(-1));
  };
  const at = (depth: 18 | 50, width: number) =>
    fold(resNet({ depth, width, numClasses: 7 }).init(0));
  assertEquals(shapes(at(18, 0.3)), [7, 19, 38, 76, 153]);
  assertEquals(shapes(at(50, 1 / 32)), [7, 8, 16, 32, 64]);
  // The original's ResNet-34 for ImageNet has five blocks in its last group, and any number will do.
  const shallow = filterParams(at(18, 1 / 16), (key) => !key.includes("block1"));
  assertEquals(shapes(shallow), [7, 4, 8, 16, 32]);
  assertEquals(foldedResNetOptions(shallow), { depth: 10, width: 1 / 16, numClasses: 7 });
});

Deno.test("foldedResNet() takes bottlenecks of another expansion, as WRN-50-2's export", () => {
  tf.setBackend("tensorflow");
  const params: Tensors = {
    "conv0.weight": tf.ones([7, 7, 3, 4]),
    "conv0.bias": tf.zeros([4]),
    "fc.weight": tf.ones([3, 64]),
    "fc.bias": tf.zeros([3]),
  };
  let inputs = 4;
  for (const [group, width] of [4, 8, 16, 32].entries()) {
    const filters: Record<string, [number, number, number]> = {
      conv0: [1, inputs, width],
      conv1: [3, width, width],
      conv2: [1, width, 2 * width],
      conv_dim: [1, inputs, 2 * width],
    };
    for (const [name, [size, from, to]] of Object.entries(filters)) {
      const key = `group${group}.block0.${name}`;
      params[`${key}.weight`] = tf.ones([size, size, from, to]);
      params[`${key}.bias`] = tf.zeros([to]);
    }
    inputs = 2 * width;
  }
  const { groups } = foldedResNet(params).f(images(32), params, "eval");
  assertEquals(groups.map(({ shape }) => shape.at(-1)), [8, 16, 32, 64]);
  assertEquals(foldedResNetOptions(params), { depth: 14, width: 1 / 16, numClasses: 3 });
});

Deno.test("foldedResNet() starts Kaiming normal with biases of 0, in the parameters' shapes", async () => {
  tf.setBackend("tensorflow");
  const params = toTensors((await readFixture("folded_res_net_18")).under("params"));
  const { init } = foldedResNet(params);
  const first = init(3);
  const shapes = (params: Tensors) =>
    Object.fromEntries(Object.entries(params).map(([key, { shape }]) => [key, shape]));
  assertEquals(shapes(first), shapes(params));
  for (const [key, tensor] of Object.entries(first)) {
    const zero = tensor.dataSync().every((value) => value === 0);
    assertEquals(zero, key.endsWith(".bias"), key);
  }
  const { variance } = tf.moments(first["conv0.weight"] as tf.Tensor);
  assertClose(variance, tf.scalar(2 / (7 * 7 * 3)), { rtol: 0.05 }, "conv0.weight");
  assertSame(init(3), first);
  assert(tf.any(tf.notEqual(init(4)["conv0.weight"]!, first["conv0.weight"]!)).dataSync()[0]);
});

Deno.test("foldedResNet() has one mode, reads under a base, and leaves nothing behind", () => {
  tf.setBackend("tensorflow");
  const params = fold(livedIn(tiny));
  const { f } = foldedResNet(params);
  const input = images(36);
  const alone = f(input, params, "eval");
  const tensors = tf.memory().numTensors;
  const based = f(input, addPrefix("teacher.", params), "train", "teacher.");
  assertEquals(tf.memory().numTensors, tensors + 6); // logits, four groups, features
  assertEquals(based.stats, {});
  assertSame({ logits: based.logits }, { logits: alone.logits });
  assertSame(
    Object.fromEntries(based.groups.entries()),
    Object.fromEntries(alone.groups.entries()),
  );
  assertThrows(() => f(input, params, "eval", "teacher."), TypeError, "no parameter teacher.conv0");
});

for (const depth of [18, 50] as const) {
  Deno.test(`foldedResNet() names what is missing at depth ${depth}`, () => {
    tf.setBackend("tensorflow");
    const params = fold(resNet({ ...tiny, depth }).init(0));
    for (const missing of Object.keys(params)) {
      const rest = filterParams(params, (key) => key !== missing);
      const message = `Cannot use the parameters of a folded ResNet: it has no ${missing} [${
        params[missing]?.shape
      }]`;
      assertThrows(() => foldedResNet(rest), UserError, message);
      assertThrows(
        () => foldedResNet(params).f(images(32), rest, "eval"),
        TypeError,
        `no parameter ${missing}`,
      );
    }
  });
}

Deno.test("foldedResNet() names what does not fit", () => {
  tf.setBackend("tensorflow");
  const params = fold(resNet(tiny).init(0));
  const refuses = (change: Tensors, message: string) =>
    assertThrows(() => foldedResNet({ ...params, ...change }), UserError, message);
  refuses({ "fc.bias": tf.zeros([4]) }, "fc.bias has shape [4] and the network wants [5]");
  const filter = "group3.block1.conv0.weight";
  refuses({ [filter]: tf.zeros([3, 3, 8, 16]) }, `${filter} has shape [3,3,8,16]`);
  refuses({ "conv0.weight": tf.zeros([64, 3, 7, 7]) }, "conv0.weight has shape [64,3,7,7]");
  refuses({ "group1.block0.conv_dim.bias": tf.zeros([3]) }, "conv_dim.bias has shape [3]");
  refuses({ "bn.weight": tf.zeros([4]) }, "the network has no bn.weight [4]");
  refuses({ "group2.block9.conv0.bias": tf.zeros([8]) }, "it has no group2.block2.conv0.weight");
  refuses(
    { "group1.block1.conv_dim.weight": tf.zeros([1, 1, 4, 4]) },
    "the network has no group1.",
  );
  assertThrows(() => foldedResNet({}), UserError, "it has no conv0.weight [7,7,3,64]");
  const unfolded = resNet(tiny).init(0);
  assertThrows(() => foldedResNet(unfolded), UserError, "it has no conv0.weight [7,7,3,64]");
  const wide = wideResNet({ depth: 10, width: 1, numClasses: 5 }).init(0);
  assertThrows(() => foldedResNet(wide), UserError, "it has no conv0.weight [7,7,3,64]");
});

Deno.test("foldedResNetOptions() reads depth, width and classes, and knows its own", () => {
  tf.setBackend("tensorflow");
  for (const depth of depths) {
    tf.tidy(() => {
      const options = { depth, width: 1 / 16, numClasses: 7 };
      assertEquals(foldedResNetOptions(fold(resNet(options).init(0))), options);
    });
  }
  const params = fold(resNet(tiny).init(0));
  const without = (pattern: RegExp) => filterParams(params, (key) => !pattern.test(key));
  const others = [
    {},
    resNet(tiny).init(0),
    wideResNet({ depth: 10, width: 1, numClasses: 5 }).init(0),
    without(/^fc\./),
    without(/^group2\./),
    without(/^group3\.block1\.conv0/),
    { ...params, more: tf.zeros([1]) },
    { ...params, "conv0.weight": tf.zeros([3, 3, 3, 64]) },
  ];
  for (const other of others) assertEquals(foldedResNetOptions(other), undefined);
});

Deno.test("foldedResNet() runs from .hkl, .pth and .safetensors alike, as PyTorch does", async () => {
  tf.setBackend("tensorflow");
  const fixture = await readFixture("folded_res_net_18");
  const file = (path: string) => fromFileUrl(new URL(`../fixtures/${path}`, import.meta.url));
  await inFolder(async (folder) => {
    const saved = join(folder, "export.safetensors");
    await saveParams(saved, toTensors(fixture.under("params")));
    for (const path of [file("hdf5/export.hkl"), file("pytorch/export.pth"), saved]) {
      const params = await loadParams(path);
      assertEquals(foldedResNetOptions(params), tiny);
      const { f } = foldedResNet(params);
      const { logits } = f(toTensor<tf.Rank.R4>(fixture.get("images")), params, "eval");
      assertClose(logits, fixture.get("logits"), tolerance, path);
    }
  });
});
