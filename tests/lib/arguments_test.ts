/**
 * What public functions say of options, numbers and tensors that they cannot use.
 *
 * @module
 */
import "@tensorflow/tfjs";
import * as tf from "@tensorflow/tfjs-core";
import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  checkInteger,
  checkOptions,
  checkTensor,
  checkTensors,
  describeValue,
} from "../../lib/arguments.ts";
import * as library from "../../mod.ts";

tf.setBackend("cpu");

Deno.test("checkOptions() names the key that is not known, and the nearest that is", () => {
  const check = (options: object) =>
    checkOptions<{ width: number; depth?: number }>("f", options as { width: number }, {
      width: true,
      depth: true,
    });
  check({});
  check({ width: 1, depth: undefined });
  assertThrows(() => check({ widht: 1 }), TypeError, `"widht" of f(): there is none; did you mean`);
  assertThrows(() => check({ Width: 1 }), TypeError, `did you mean "width"?`);
  assertThrows(() => check({ colour: 1 }), TypeError, "the options are width, depth");
  assertThrows(() => check({ toString: 1 }), TypeError, `"toString" of f()`);
  for (const [value, text] of [[null, "null"], [3, "3"], ["a", `"a"`], [[], "an array"]] as const) {
    assertThrows(
      () => check(value as unknown as object),
      TypeError,
      `Cannot use ${text} as options of f(): they must be an object with width, depth`,
    );
  }
});

Deno.test("checkTensor() refuses what is no tensor, and a disposed one", () => {
  checkTensor("x", tf.scalar(1));
  const disposed = tf.zeros([2, 3]);
  disposed.dispose();
  assertThrows(
    () => checkTensor("x", disposed),
    TypeError,
    "x: the tensor float32[2,3] is disposed",
  );
  for (const value of [undefined, null, 1, "a", [1], new Float32Array(2), {}, () => 1]) {
    assertThrows(() => checkTensor("x", value), TypeError, "as x: it must be a tensor");
  }
  checkTensors("params", { a: tf.scalar(1) });
  assertThrows(
    () => checkTensors("params", { a: undefined }),
    TypeError,
    "undefined as a of params",
  );
  for (const value of [undefined, null, 1, tf.scalar(1)]) {
    assertThrows(() => checkTensors("params", value), TypeError, "must be an object of tensors");
  }
});

Deno.test("describeValue() tells any value in a few words", () => {
  const values = [undefined, null, NaN, "text", [1], {}, new Float32Array(1), () => 1, 1n];
  assertEquals(values.map(describeValue), [
    ...["undefined", "null", "NaN", '"text"', "an array", "an object", "a Float32Array"],
    ...["a function", "1"],
  ]);
  assertEquals(describeValue(Object.create(null)), "an object");
});

const x = tf.ones<tf.Rank.R4>([2, 4, 4, 3]);
const logits = tf.ones<tf.Rank.R2>([2, 3]);
const labels = tf.tensor1d([0, 1], "int32");
const set: library.ImageSet = {
  ...{ images: new Uint8Array(12), labels: new Int32Array(1), size: 1, classes: ["a"] },
  ...{ height: 2, width: 2, channels: 3 },
} as library.ImageSet;
const { wideResNet, resNet } = library;
const model = { depth: 10, width: 0.25, numClasses: 3 } as const;
const plain = { model: wideResNet(model), loss: () => ({}), optimizer: library.sgd() };

/** Each public function that takes options, with some that are right but for what is added to them. */
const calls: Record<string, (more: object) => unknown> = {
  attentionMap: (more) => library.attentionMap(x, { p: 1, ...more }),
  attentionTransferLoss: (more) => library.attentionTransferLoss(x, x, { p: 1, ...more }),
  distillationLoss: (more) =>
    library.distillationLoss(logits, logits, labels, { temperature: 4, alpha: 0.9, ...more }),
  decoupledDistillationLoss: (more) =>
    library.decoupledDistillationLoss(logits, logits, labels, { beta: 1, ...more }),
  relationalDistillationLoss: (more) => library.relationalDistillationLoss(x, x, { ...more }),
  wideResNet: (more) => wideResNet({ ...model, ...more }),
  resNet: (more) => resNet({ depth: 18, width: 0.125, numClasses: 3, ...more }),
  "sge of WideResNet": (more) => wideResNet({ ...model, sge: { groups: 4, ...more } }),
  "sge of ResNet": (more) => resNet({ depth: 18, numClasses: 3, sge: { groups: 4, ...more } }),
  spatialGroupEnhance: (more) =>
    library.spatialGroupEnhance(x, tf.ones([3]), tf.ones([3]), 3, { normalize: false, ...more }),
  sgd: (more) => library.sgd({ momentum: 0, ...more }),
  trainStep: (more) => library.trainStep({ ...plain, ...more }),
  termGradientNorms: (more) =>
    library.termGradientNorms({ model: plain.model, loss: plain.loss, ...more }),
  jit: (more) => library.jit(() => x, { precision: "float32", ...more }),
  steppedRate: (more) => library.steppedRate(1, { rate: 1, ratio: 1, drops: [], ...more }),
  warmedUpRate: (more) => library.warmedUpRate(1, { rate: 1, steps: 2, ...more }),
  decayedWeight: (more) =>
    library.decayedWeight(0, { decay: "none", start: 1, end: 0, ...more } as never),
  trainBatches: (more) =>
    library.trainBatches(set, {
      ...{ batchSize: 1, normalization: library.NORMALIZATION.paper, seed: 0, epoch: 0 },
      ...{ pad: 0, padMode: "zero" as library.PadMode, ...more },
    }),
  evalBatches: (more) =>
    library.evalBatches(set, {
      batchSize: 1,
      normalization: library.NORMALIZATION.paper,
      ...more,
    }),
  randomView: (more) =>
    library.randomView({ height: 9, width: 9 }, { size: 4, ...more }, library.randomStream(0)),
  centerView: (more) =>
    library.centerView({ height: 9, width: 9 }, { size: 4, resize: 5, ...more }),
  attentionBox: (more) =>
    library.attentionBox(new Float32Array(4), [2, 2], { size: [2, 2], ...more }),
};

Deno.test("every function of the library refuses an option that it has not", () => {
  assert(Object.keys(calls).length > 20);
  for (const [name, call] of Object.entries(calls)) {
    call({});
    assertThrows(
      () => call({ tempreature: 1 }),
      TypeError,
      `Cannot use the option "tempreature" of ${name}(): there is none; `,
    );
  }
  assertThrows(() => calls.distillationLoss!({ temprature: 1 }), TypeError, `mean "temperature"?`);
  assertThrows(() => calls.attentionMap!({ reduction: "max" }), TypeError, `mean "reduce"?`);
  assertThrows(() => calls.wideResNet!({ numclasses: 5 }), TypeError, `mean "numClasses"?`);
  assertThrows(() => calls.sgd!({ weight_decay: 5 }), TypeError, `mean "weightDecay"?`);
});

Deno.test("every asynchronous function of the library refuses an option that it has not", async () => {
  const params = wideResNet(model).init(0);
  const calls: Record<string, (more: object) => Promise<unknown>> = {
    useTensorFlow: (more) => library.useTensorFlow(more),
    loadCifar: (more) => library.loadCifar({ dataset: "CIFAR10-sample", ...more }),
    onnxModel: (more) => library.onnxModel(params, more),
  };
  for (const [name, call] of Object.entries(calls)) {
    const error = await call({ thread: 1 }).catch((error) => error);
    assert(error instanceof TypeError, name);
    assert(error.message.startsWith(`Cannot use the option "thread" of ${name}()`), error.message);
  }
});

Deno.test("networks refuse another mode, images in NCHW, and options that are none", () => {
  const networks = {
    WideResNet: wideResNet(model),
    ResNet: resNet({ depth: 18, width: 0.125, numClasses: 3 }),
  };
  for (const [name, { f, init }] of Object.entries(networks)) {
    const params = init(0);
    const call = (images: unknown, mode: unknown = "eval", given: library.Tensors = params) => () =>
      f(images as tf.Tensor4D, given, mode as library.Mode);
    for (const mode of ["test", "training", null, true]) {
      assertThrows(call(tf.zeros([1, 40, 40, 3]), mode), TypeError, `must be "train" or "eval"`);
    }
    assertThrows(
      call(tf.zeros([2, 3, 40, 40])),
      TypeError,
      `${name} on images [2,3,40,40]: they must be [N, H, W, 3], and these look like [N, C, H, W]`,
    );
    assertThrows(call(tf.zeros([2, 40, 40, 1])), TypeError, "they must be [N, H, W, 3]");
    assertThrows(call(tf.zeros([40, 40, 3])), TypeError, "images [40,40,3]");
    assertThrows(call(undefined), TypeError, "undefined as the images");
    assertThrows(call(tf.zeros([1, 40, 40, 3]), "eval", null as never), TypeError, "no parameter");
    for (const key of Object.keys(params).filter((_, i) => i % 20 === 0)) {
      const disposed = tf.zeros(params[key]!.shape);
      disposed.dispose();
      assertThrows(
        call(tf.zeros([1, 40, 40, 3]), "eval", { ...params, [key]: disposed }),
        TypeError,
        `the parameter ${key}: the tensor`,
      );
    }
  }
  assertThrows(
    () => wideResNet({ ...model, batchNormWeight: "one" as "ones" }),
    RangeError,
    `batchNormWeight "one"`,
  );
});

Deno.test("checkInteger() names what is out of its range", () => {
  checkInteger("pad", 0, 0);
  checkInteger("pad", 4, 0, 4);
  for (const value of [-1, 0.5, NaN, Infinity]) {
    assertThrows(() => checkInteger("pad", value, 0), RangeError, "pad must be an integer of at");
  }
  assertThrows(() => checkInteger("pad", 5, 0, 4), RangeError, "from 0 to 4: current value is 5");
});
