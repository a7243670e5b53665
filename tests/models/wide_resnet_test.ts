/**
 * The wide residual network against PyTorch, and what its parameters are.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { assert, assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import {
  addPrefix,
  checkParams,
  countParameters,
  fillParams,
  filterParams,
  isSgeKey,
  isTrainable,
  type Tensors,
} from "../../lib/params.ts";
import type { Mode, ModelOutput } from "../../models/model.ts";
import { wideResNet, wideResNetOptions } from "../../models/wide_resnet.ts";
import { backends } from "../backends.ts";
import { assertClose, assertParity, readFixture, toTensor, toTensors } from "../parity.ts";
import { assertSame, valuesOf } from "../same.ts";
import { assertNetwork, lossAndGradients } from "./network_parity.ts";

const tolerance = { ofMax: 1e-5, atol: 1e-9 };
const tolerances = { outputs: tolerance, gradients: tolerance };
const small = wideResNet({ depth: 10, width: 1, numClasses: 10 });
const enhanced = wideResNet({ depth: 10, width: 0.5, numClasses: 10, sge: { groups: 4 } });

function smallImages(): tf.Tensor4D {
  return tf.randomNormal([2, 8, 8, 3], 0, 1, "float32", 5);
}

function named({ logits, groups, stats }: ModelOutput): Tensors {
  return { logits, ...Object.fromEntries(groups.entries()), ...stats };
}

for (const backend of backends) {
  const { name, tfjs, use } = backend;

  for (const [file, depth, width] of [["10_1", 10, 1], ["10_2", 10, 2], ["16_1", 16, 1]] as const) {
    Deno.test(`wideResNet() evaluates WRN-${depth}-${width} as PyTorch (${name})`, async () => {
      const f = use(wideResNet({ depth, width, numClasses: 10 }).f);
      const fixture = await readFixture(`wide_resnet_${file}`);
      const images = toTensor<tf.Rank.R4>(fixture.get("images"));
      const { logits, stats } = await f(images, toTensors(fixture.under("params")), "eval");
      assertClose(logits, fixture.get("eval/logits"), tolerance, "logits");
      assertEquals(stats, {});
    });
  }

  Deno.test(`wideResNet() with SGE gives the same as PyTorch's (${name})`, async () => {
    await assertNetwork(enhanced, await readFixture("wide_resnet_sge"), backend, tolerances);
  });

  // At 32x32 a step backwards takes the plain JavaScript backend ten seconds; it has its turn below
  // and in the training steps.
  if (tfjs === "cpu") continue;

  Deno.test(`wideResNet() gives groups, statistics and gradients as PyTorch (${name})`, async () => {
    await assertNetwork(small, await readFixture("wide_resnet_10_1"), backend, tolerances);
  });
}

Deno.test("wideResNet() gives the same gradients on all backends", async () => {
  const fixture = await readFixture("train_steps");
  const results = [];
  for (const { use } of backends) {
    const { loss, gradients } = await use(lossAndGradients(small.f))(
      toTensor(fixture.get("batches/1/images")),
      toTensor(fixture.get("batches/1/labels")),
      toTensors(fixture.under("step0")),
    );
    results.push({ value: loss, gradients });
  }
  const [expected, ...others] = results;
  for (const actual of others) {
    assertParity(actual, expected!, { value: tolerance, gradients: tolerance });
  }
});

Deno.test("wideResNet() changes no parameter, disposes nothing and leaves nothing behind", () => {
  tf.setBackend("tensorflow");
  const params = small.init(1);
  const before = valuesOf(params);
  const images = smallImages();
  for (const mode of ["eval", "train"] as Mode[]) {
    const tensors = tf.memory().numTensors;
    const { logits, groups, features, stats } = small.f(images, params, mode);
    const results = [logits, ...groups, features, ...Object.values(stats)];
    assertEquals(tf.memory().numTensors, tensors + results.length);
    tf.dispose(results);
    assertEquals(tf.memory().numTensors, tensors);
  }
  assert(!images.isDisposed);
  assertSame(params, before);
});

Deno.test("wideResNet() gives the same twice, and in train mode reads no running statistics", () => {
  tf.setBackend("tensorflow");
  const params = small.init(1);
  const images = smallImages();
  const other = Object.fromEntries(
    Object.entries(params).map(([key, p]) => [key, isTrainable(key) ? p : tf.add(p, 3)]),
  );
  const logits = (p: Tensors, mode: Mode) => small.f(images, p, mode).logits.dataSync();
  assertEquals(logits(params, "eval"), logits(params, "eval"));
  assertEquals(logits(params, "train"), logits(other, "train"));
  assertNotEquals(logits(params, "eval"), logits(other, "eval"));
});

Deno.test("wideResNet() has student and teacher in one dictionary under their bases", () => {
  tf.setBackend("tensorflow");
  const teacher = wideResNet({ depth: 16, width: 2, numClasses: 10 });
  const [studentParams, teacherParams] = [small.init(1), teacher.init(2)];
  const both = { ...addPrefix("student.", studentParams), ...addPrefix("teacher.", teacherParams) };
  const images = smallImages();
  for (
    const [model, params, base] of [
      [small, studentParams, "student."],
      [teacher, teacherParams, "teacher."],
    ] as const
  ) {
    for (const mode of ["eval", "train"] as const) {
      const alone = model.f(images, params, mode);
      const shared = model.f(images, both, mode, base);
      assertSame(named(shared), named({ ...alone, stats: addPrefix(base, alone.stats) }));
    }
  }
});

Deno.test("wideResNet() halves the image twice, rounding up as PyTorch does", () => {
  tf.setBackend("tensorflow");
  const { groups, logits } = small.f(tf.zeros([2, 9, 7, 3]), small.init(0), "eval");
  assertEquals(groups.map(({ shape }) => shape), [[2, 9, 7, 16], [2, 5, 4, 32], [2, 3, 2, 64]]);
  assertEquals(logits.shape, [2, 10]);
});

Deno.test("wideResNet() names every parameter that is missing", () => {
  tf.setBackend("tensorflow");
  const params = small.init(0);
  const images = smallImages();
  for (const missing of Object.keys(params)) {
    const rest = filterParams(params, (key) => key !== missing);
    assertThrows(() => small.f(images, rest, "eval"), TypeError, `no parameter ${missing}`);
  }
  assertThrows(() => small.f(images, params, "eval", "student."), TypeError, "student.conv0");
});

Deno.test("wideResNet() throws on a depth, width or number of classes that there is not", () => {
  const fine = { depth: 16, width: 1, numClasses: 10 };
  for (const depth of [12, 4, 0, -2, 15.5, NaN, Infinity]) {
    assertThrows(() => wideResNet({ ...fine, depth }), RangeError, `depth ${depth}: it must be 6n`);
  }
  for (const width of [0, -1, 1 / 17, NaN, Infinity]) {
    assertThrows(() => wideResNet({ ...fine, width }), RangeError, `width ${width}`);
  }
  for (const numClasses of [0, -10, 2.5, NaN]) {
    assertThrows(() => wideResNet({ ...fine, numClasses }), RangeError, `${numClasses} classes`);
  }
});

Deno.test("wideResNet() throws on groups of SGE that do not divide the channels", () => {
  const build = (groups: number, width = 1) =>
    wideResNet({ depth: 16, width, numClasses: 10, sge: { groups } });
  for (const groups of [32, 64, 3]) {
    assertThrows(
      () => build(groups),
      RangeError,
      `Cannot build a WideResNet with ${groups} groups of SGE: they must divide the channels, which ` +
        `are 16, 32, 64, so at most 16`,
    );
  }
  assertThrows(() => build(4, 0.3), RangeError, "which are 4, 9, 19, so at most 1");
  for (const groups of [0, -4, 1.5, NaN]) {
    assertThrows(
      () => build(groups),
      RangeError,
      `with ${groups} groups of SGE: it must be a whole`,
    );
  }
  [1, 2, 4, 8, 16].forEach((groups) => build(groups));
  build(32, 2);
});

Deno.test("wideResNet() with SGE starts as without it, with SGE's own parameters besides", () => {
  tf.setBackend("tensorflow");
  const options = { depth: 10, width: 1, numClasses: 10 };
  const without = small.init(3);
  const plain = wideResNet({ ...options, sge: { groups: 8 } }).init(3);
  assertSame(filterParams(plain, (key) => !isSgeKey(key)), without);
  const keys = [0, 1, 2].flatMap((g) =>
    ["weight", "bias"].map((name) => `group${g}.block0.sge.${name}`)
  );
  assertEquals(Object.keys(plain).filter(isSgeKey), keys);
  const sge = { groups: 8, initWeight: 0.5, initBias: -2 };
  const ablated = wideResNet({ ...options, sge }).init(3);
  for (const [i, key] of keys.entries()) {
    const [start, other] = i % 2 === 0 ? [0, 0.5] : [1, -2];
    assertEquals(Array.from(plain[key]!.dataSync()), new Array(8).fill(start));
    assertEquals(Array.from(ablated[key]!.dataSync()), new Array(8).fill(other));
  }
});

Deno.test("wideResNet() normalises SGE's similarities unless told otherwise", () => {
  tf.setBackend("tensorflow");
  const build = (normalize: boolean | undefined) =>
    wideResNet({
      depth: 10,
      width: 1,
      numClasses: 10,
      sge: { groups: 8, initWeight: 1, normalize },
    });
  const logits = (normalize: boolean | undefined) => {
    const { f, init } = build(normalize);
    return f(smallImages(), init(0), "eval").logits.dataSync();
  };
  assertEquals(logits(undefined), logits(true));
  assertNotEquals(logits(false), logits(true));
});

Deno.test("wideResNet() starts from a checkpoint without SGE", () => {
  tf.setBackend("tensorflow");
  const { f, init } = wideResNet({ depth: 10, width: 1, numClasses: 10, sge: { groups: 16 } });
  const params = fillParams(small.init(3), init(4), isSgeKey, "a checkpoint");
  assertEquals(f(smallImages(), params, "eval").logits.shape, [2, 10]);
  assertEquals(wideResNetOptions(params), {
    depth: 10,
    width: 1,
    numClasses: 10,
    sge: { groups: 16 },
  });
});

Deno.test("wideResNet() starts batch norm weights at 1 where asked, and all else the same", () => {
  tf.setBackend("tensorflow");
  const options = { depth: 10, width: 1, numClasses: 10 } as const;
  const isWeight = (key: string) => /bn\d?\.weight$/.test(key);
  const ones = wideResNet({ ...options, batchNormWeight: "ones" }).init(3);
  const uniform = wideResNet({ ...options, batchNormWeight: "uniform" }).init(3);
  assertSame(uniform, small.init(3));
  const others = (params: Tensors) => filterParams(params, (key) => !isWeight(key));
  assertSame(others(ones), others(uniform));
  const weights = Object.values(filterParams(ones, isWeight));
  assertEquals(weights.length, 7);
  for (const weight of weights) assert(weight.dataSync().every((value) => value === 1));
});

/** The number of trainable values, summed layer by layer from the paper's table 1. */
function expectedCount(depth: number, width: number, numClasses: number): number {
  const n = (depth - 4) / 6;
  const [a, b, c] = [16 * width, 32 * width, 64 * width] as const;
  const norms = 2 * (16 + a + 2 * (n - 1) * a + (a + b) + 2 * (n - 1) * b + (b + c)) +
    2 * (2 * (n - 1) * c + c);
  const convolutions = 9 *
    (3 * 16 + 16 * a + a * b + b * c + (2 * n - 1) * (a * a + b * b + c * c));
  const shortcuts = (a === 16 ? 0 : 16 * a) + a * b + b * c;
  return norms + convolutions + shortcuts + (c + 1) * numClasses;
}

// As `init_wide_resnet` of tests/fixtures/reference.py counts them in PyTorch, and as the papers on
// distillation print them (0.17, 0.69, 0.56 and 2.24 M; for CIFAR-100 0.70, 0.57 and 2.26 M).
const published: [number, number, number, number][] = [
  [16, 1, 10, 175_066],
  [16, 2, 10, 691_674],
  [40, 1, 10, 563_930],
  [40, 2, 10, 2_243_546],
  [16, 2, 100, 703_284],
  [40, 1, 100, 569_780],
  [40, 2, 100, 2_255_156],
];

Deno.test("wideResNet() has the published numbers of parameters", () => {
  tf.setBackend("tensorflow");
  assertEquals(expectedCount(28, 10, 10), 36_479_194); // too many to draw in a test
  for (const [depth, width, numClasses, count] of published) {
    tf.tidy(() =>
      assertEquals(countParameters(wideResNet({ depth, width, numClasses }).init(0)), count)
    );
    assertEquals(expectedCount(depth, width, numClasses), count);
  }
});

for (const depth of [10, 16, 22, 28, 40]) {
  Deno.test(`wideResNet() has the right parameters at depth ${depth}, and they tell it`, () => {
    tf.setBackend("tensorflow");
    for (const width of [0.25, 1, 2]) {
      tf.tidy(() => {
        const options = { depth, width, numClasses: 7 };
        const params = wideResNet(options).init(0);
        assertEquals(countParameters(params), expectedCount(depth, width, 7));
        assertEquals(wideResNetOptions(params), options);
        const { logits } = wideResNet(options).f(smallImages(), params, "train");
        assertEquals(logits.shape, [2, 7]);
      });
    }
  });
}

Deno.test("wideResNet() has the original's keys and shapes", async () => {
  tf.setBackend("tensorflow");
  for (const [file, depth, width] of [["10_1", 10, 1], ["10_2", 10, 2], ["16_1", 16, 1]] as const) {
    const fixture = await readFixture(`wide_resnet_${file}`);
    const { init } = wideResNet({ depth, width, numClasses: 10 });
    checkParams(init(0), fixture.under("params"), file);
  }
  const keys = Object.keys(small.init(0));
  assert(!keys.includes("group0.block0.convdim"), "nothing changes there at width 1");
  assert(
    Object.keys(wideResNet({ depth: 10, width: 2, numClasses: 10 }).init(0))
      .includes("group0.block0.convdim"),
  );
});

Deno.test("wideResNetOptions() is undefined for other parameters", () => {
  assertEquals(wideResNetOptions({}), undefined);
  assertEquals(wideResNetOptions({ "fc.weight": tf.zeros([10, 64]) }), undefined);
});
