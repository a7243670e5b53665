/**
 * tf.Variables that a compiled function reads, and networks of tfjs's layers, whose weights they are.
 *
 * @module
 */
import * as tfjs from "@tensorflow/tfjs";
import * as tf from "@tensorflow/tfjs-core";
import { assert, assertEquals, assertRejects } from "@std/assert";
import { jit } from "../../../lib/jit/jit.ts";
import { useTensorFlow } from "../../../lib/backend/use_tensorflow.ts";
import { crossEntropy } from "../../../lib/losses/cross_entropy.ts";
import { distillationLoss } from "../../../lib/losses/distillation.ts";
import { sgd } from "../../../lib/train/sgd.ts";
import { trainStep } from "../../../lib/train/train_step.ts";
import { startState } from "../../../lib/train/train_state.ts";
import { wideResNet } from "../../../models/wide_resnet.ts";
import { assertSame } from "../../same.ts";

await useTensorFlow({ gpu: false });

const values = (tensor: tf.Tensor) => [...tensor.dataSync()];
const x = tf.tensor1d([1, 2]);

function memory() {
  const { numTensors, numDataBuffers, numBytes } = tf.memory();
  return { numTensors, numDataBuffers, numBytes };
}

/** A variable for one test. */
function variable(values: number[], dtype: tf.DataType = "float32") {
  const made = tf.variable(tf.tensor1d(values, dtype));
  return Object.assign(made, { [Symbol.dispose]: () => made.dispose() });
}

const uses: Record<string, (v: tf.Variable) => tf.Tensor> = {
  "in an op": (v) => tf.add(x, v),
  "as a clone": (v) => tf.add(x, tf.clone(v)),
  "in another shape": (v) => tf.mul(tf.reshape(v, [2, 1]), x),
  "as a result": (v) => v,
  "twice": (v) => tf.mul(v, v),
  "alone, as frozen weights would be": (v) => tf.sum(tf.square(v)),
  "beside captured tensors before and after it": (v) =>
    tf.addN([tf.mul(x, constant), v, tf.mul(other, v)]),
  "in a gradient by it": (v) => tf.grad((y) => tf.sum(tf.mul(tf.square(y), x)))(v),
  "in tf.variableGrads": (v) =>
    tf.variableGrads(() => tf.sum(tf.mul(tf.square(v), x)) as tf.Scalar, [v]).grads[v.name]!,
};
const [constant, other] = [tf.tensor1d([5, 7]), tf.tensor1d([0.5, 0.25])];

for (const [use, f] of Object.entries(uses)) {
  Deno.test(`jit() sees a tf.Variable that it reads ${use}, with the value of each call`, async () => {
    using v = variable([3, 4]);
    const compiled = jit(() => f(v));
    for (const next of [[3, 4], [-1, 8], [0.5, 0]]) {
      v.assign(tf.tensor1d(next));
      assertEquals(values(await compiled()), values(f(v)));
      assertEquals(values(v), next);
    }
    assertEquals(compiled.traceCount, 1);
    compiled.dispose();
  });
}

Deno.test("jit() reads a tf.Variable, and keeps the value of the tensor that it was made from", async () => {
  const w0 = tf.tensor1d([1, 2, 3]);
  const w = tf.variable(w0);
  const copy = tf.clone(w);
  const compiled = jit(() => [tf.sub(w, w0), tf.sub(tf.clone(w), copy), tf.clone(w0)]);
  assertEquals((await compiled()).map(values), [[0, 0, 0], [0, 0, 0], [1, 2, 3]]);
  w.assign(tf.tensor1d([5, 5, 5]));
  assertEquals((await compiled()).map(values), [[4, 3, 2], [4, 3, 2], [1, 2, 3]]);
  assertEquals([values(w), values(w0), compiled.traceCount], [[5, 5, 5], [1, 2, 3], 1]);
  compiled.dispose();
  tf.dispose([w0, w, copy]);
});

Deno.test("jit() reads each tf.Variable by itself where several were made from one tensor", async () => {
  const z = tf.zeros([3]);
  const [a, b] = [tf.variable(z), tf.variable(z)];
  const compiled = jit(() => tf.add(a, tf.mul(b, 2)));
  assertEquals(values(await compiled()), [0, 0, 0]);
  a.assign(tf.ones([3]));
  assertEquals(values(await compiled()), [1, 1, 1]);
  a.assign(z);
  b.assign(tf.ones([3]));
  assertEquals(values(await compiled()), [2, 2, 2]);
  b.assign(a);
  assertEquals(values(await compiled()), [0, 0, 0]);
  compiled.dispose();
  tf.dispose([z, a, b]);
});

Deno.test("jit() refuses to read the values of a tf.Variable", async () => {
  using v = variable([3, 4]);
  const compiled = jit((y: tf.Tensor) => tf.mul(y, v.dataSync()[0]!));
  await assertRejects(() => compiled(x), Error, "Cannot read a tensor while jit traces");
  assertEquals(values(v), [3, 4]);
});

Deno.test("jit() sees tf.Variables of whole numbers, and those that are arguments besides", async () => {
  using v = variable([1, 2], "int32");
  const f = (given: tf.Tensor) => tf.add(given, tf.mul(v, 2));
  const compiled = jit(f);
  for (const next of [[1, 2], [3, 4]]) {
    v.assign(tf.tensor1d(next, "int32"));
    assertEquals(values(await compiled(v)), values(f(v)));
  }
  compiled.dispose();
});

Deno.test("jit() sees the values of any number of tf.Variables, among other tensors in any order", async () => {
  let seed = 1;
  const draw = (below: number) =>
    Math.floor((seed = seed * 16807 % 2147483647) / 2147483647 * below);
  for (let program = 0; program < 60; program++) {
    const variables = Array.from({ length: 1 + draw(4) }, () => variable([draw(9), draw(9)]));
    const captured = Array.from({ length: draw(3) }, () => tf.tensor1d([draw(9), draw(9)]));
    const ops = [tf.add, tf.mul, tf.sub] as const;
    const steps = Array.from({ length: 2 + draw(8) }, () => [draw(3), draw(99), draw(99)] as const);
    const f = (a: tf.Tensor, b: tf.Tensor) => {
      const all: tf.Tensor[] = [a, ...captured, ...variables, b];
      for (const [op, i, j] of steps) {
        all.push(ops[op]!(all[i % all.length]!, tf.div(all[j % all.length]!, 8)));
      }
      return [all.at(-1)!, tf.add(all.at(-1)!, all[draw(0) + 1]!)];
    };
    const compiled = jit(f);
    for (let call = 0; call < 3; call++) {
      const given = [tf.tensor1d([draw(9), draw(9)]), tf.tensor1d([draw(9), draw(9)])] as const;
      assertEquals((await compiled(...given)).map(values), f(...given).map(values), `${program}`);
      for (const v of variables) if (draw(2) === 1) v.assign(tf.tensor1d([draw(9), draw(9)]));
    }
    compiled.dispose();
    variables.forEach((v) => v.dispose());
  }
});

Deno.test("jit() frees all that it made of tf.Variables, and not these", async () => {
  using v = variable([3, 4]);
  const before = memory();
  const compiled = jit(() => tf.add(x, tf.clone(v)));
  for (let i = 0; i < 3; i++) (await compiled()).dispose();
  compiled.dispose();
  assertEquals(memory(), before);
  assertEquals(values(v), [3, 4]);
});

Deno.test("jit() shows a tf.Variable in a profile as what is no argument", async () => {
  using v = variable([3, 4]);
  const compiled = jit((y: tf.Tensor) => tf.add(y, v));
  const { nodes } = await compiled.profile([x], { runs: 1, warmUps: 0 });
  const sources = nodes.filter(({ op }) => op === "Placeholder").map(({ source }) => source);
  assertEquals(sources.length, 2);
  assertEquals(sources[1], "captured");
  compiled.dispose();
});

Deno.test("jit() says that a tf.Variable is gone that it read", async () => {
  const v = variable([3, 4]);
  const compiled = jit(() => tf.add(x, v));
  await compiled();
  v.dispose();
  await assertRejects(() => compiled(), Error, "it was disposed");
  compiled.dispose();
});

Deno.test("jit() frees a tf.Variable that the function disposes", async () => {
  const before = memory();
  const start = tf.tensor1d([3, 4]);
  const v = tf.variable(start);
  start.dispose();
  const compiled = jit((y: tf.Tensor) => {
    v.dispose();
    return tf.square(y);
  });
  tf.dispose(await compiled(x));
  compiled.dispose();
  assertEquals(memory(), before);
});

const assignments: Record<string, (v: tf.Variable) => void> = {
  "what is computed": (v) => v.assign(tf.add(v, 1)),
  "what JavaScript has": (v) => v.assign(tf.tensor1d([7, 7])),
  "a tensor from outside": (v) => v.assign(x),
  "by an optimiser": (v) => {
    tf.train.sgd(0.1).minimize(() => tf.sum(tf.square(v)) as tf.Scalar, false, [v]);
  },
};

for (const [what, assign] of Object.entries(assignments)) {
  Deno.test(`jit() refuses to assign to a tf.Variable: ${what}`, async () => {
    for (const readsIt of [true, false]) {
      const v = variable([3, 4]);
      const compiled = jit((y: tf.Tensor) => {
        const result = readsIt ? tf.add(y, v) : tf.square(y);
        assign(v);
        return result;
      });
      const start = `Cannot make or assign tf.Variable ${v.name} while jit traces`;
      await assertRejects(() => compiled(x), Error, start);
      assertEquals(values(v), [3, 4]);
      v.dispose();
    }
  });
}

Deno.test("jit() refuses to use a tf.Variable that it makes of what JavaScript has", async () => {
  const made: tf.Variable[] = [];
  const compiled = jit((y: tf.Tensor) => {
    made.push(tf.variable(tf.tensor1d([1, 2])));
    return tf.add(y, made[0]!);
  });
  await assertRejects(() => compiled(x), Error, "Cannot make or assign tf.Variable");
  tf.dispose(made);
});

/** A network of tfjs's layers, with all that has weights of its own, and dropout. */
function layersModel(): tfjs.Sequential {
  const model = tfjs.sequential();
  model.add(
    tfjs.layers.conv2d({ inputShape: [8, 8, 3], filters: 4, kernelSize: 3, activation: "relu" }),
  );
  model.add(tfjs.layers.batchNormalization());
  model.add(tfjs.layers.dropout({ rate: 0.5 }));
  model.add(tfjs.layers.globalAveragePooling2d({}));
  model.add(tfjs.layers.dense({ units: 5 }));
  return model;
}

Deno.test("trainStep() under jit takes a network of tfjs's layers as teacher, and follows its weights", async () => {
  const teacher = layersModel();
  const student = wideResNet({ depth: 10, width: 0.25, numClasses: 5 });
  const optimizer = sgd();
  const step = trainStep({
    model: student,
    optimizer,
    teacher: ({ images }) => ({
      logits: teacher.predict(images) as tf.Tensor2D,
      groups: [],
      stats: {},
    }),
    loss: ({ student, teacher, batch }) => ({
      cross_entropy: crossEntropy(student.logits, batch.labels),
      distillation: distillationLoss(student.logits, teacher!.logits, batch.labels, {
        temperature: 4,
        alpha: 1,
      }),
    }),
  });
  const compiled = jit(step);
  const batch = {
    images: tf.randomNormal<tf.Rank.R4>([4, 8, 8, 3], 0, 1, "float32", 1),
    labels: tf.tensor1d([0, 1, 4, 2], "int32"),
  };
  const state = startState(student.init(0), optimizer);
  const losses: number[] = [];
  for (let round = 0; round < 3; round++) {
    const scalars = { rate: tf.scalar(0.1) };
    const [a, b] = [await compiled(state, batch, scalars), step(state, batch, scalars)];
    const [distilled, expected] = [a, b].map(({ terms }) => terms.distillation!.dataSync()[0]!);
    assert(
      Math.abs(distilled! - expected!) < 1e-5 * Math.max(1, expected!),
      `${distilled} ${expected}`,
    );
    losses.push(distilled!);
    teacher.setWeights(teacher.getWeights().map((w) => tf.add(tf.mul(w, 1.5), 0.1)));
  }
  assertEquals(new Set(losses).size, 3);
  assertEquals(compiled.traceCount, 1);
  compiled.dispose();
  teacher.dispose();
});

Deno.test("jit() runs a network of tfjs's layers as it runs by itself, trained or not in between", async () => {
  const model = layersModel();
  const images = tf.randomNormal<tf.Rank.R4>([3, 8, 8, 3], 0, 1, "float32", 2);
  const compiled = jit((images: tf.Tensor) => ({
    predicted: model.predict(images) as tf.Tensor,
    applied: model.apply(images, { training: false }) as tf.Tensor,
  }));
  model.compile({ optimizer: "sgd", loss: "meanSquaredError" });
  for (let round = 0; round < 3; round++) {
    const { predicted, applied } = await compiled(images);
    const expected = model.predict(images) as tf.Tensor;
    const error = tf.max(tf.abs(tf.sub(predicted, expected))).dataSync()[0]!;
    assert(error < 1e-5, `${error}`);
    assertSame({ applied }, { applied: predicted });
    await model.fit(images, tf.ones([3, 5]), { epochs: 1, verbose: 0 });
  }
  compiled.dispose();
  model.dispose();
});
