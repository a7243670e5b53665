/**
 * The optimiser against torch.optim.SGD, and its refusals.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { type Optimizer, sgd } from "../../../lib/train/sgd.ts";
import { backends } from "../../backends.ts";
import { assertClose, readFixture, toTensor } from "../../parity.ts";

const tolerance = { ofMax: 1e-6 };
const fixture = await readFixture("train_steps");
const { lr, momentum, weightDecay } = JSON.parse(fixture.metadata["training"] ?? "{}") as {
  lr: number[];
  momentum: number;
  weightDecay: number;
};

for (const { name, use } of backends) {
  for (const variant of ["plain", "nesterov"]) {
    Deno.test(`sgd() takes three ${variant} steps as PyTorch (${name})`, async () => {
      const optimizer = sgd({ momentum, weightDecay, nesterov: variant === "nesterov" });
      const update = use(optimizer.update);
      let params: tf.NamedTensorMap = { w: toTensor(fixture.get("sgd/initial")) };
      let buffers = optimizer.init(params);
      assertEquals(lr.length, 3);
      for (const [i, rate] of lr.entries()) {
        const gradients = { w: toTensor(fixture.get(`sgd/gradients/${i + 1}`)) };
        ({ params, buffers } = await update(params, gradients, buffers, tf.scalar(rate)));
        const expected = fixture.get(`sgd/${variant}/${i + 1}`);
        assertClose(params.w!, expected, tolerance, `step ${i + 1}`);
      }
    });
  }
}

function updateOnce({ init, update }: Optimizer): number {
  const params = { w: tf.scalar(2) };
  const next = update(params, { w: tf.scalar(1) }, init(params), tf.scalar(0.5));
  return next.params.w!.dataSync()[0]!;
}

Deno.test("sgd() has momentum 0.9 and weight decay 5e-4 unless told otherwise", () => {
  assertEquals(updateOnce(sgd()), Math.fround(2 - 0.5 * (1 + 5e-4 * 2)));
  assertEquals(updateOnce(sgd({ weightDecay: 0 })), 1.5);
  assertEquals(updateOnce(sgd({ weightDecay: 0, nesterov: true })), Math.fround(2 - 0.5 * 1.9));
  assertEquals(updateOnce(sgd({ weightDecay: 0, nesterov: true, momentum: 0 })), 1.5);
});

Deno.test("sgd() decays every parameter that it is given, and changes none in place", () => {
  const { init, update } = sgd({ weightDecay: 0.1 });
  const params = { "bn.bias": tf.tensor1d([10]), "fc.weight": tf.tensor2d([[10]]) };
  const gradients = { "bn.bias": tf.tensor1d([0]), "fc.weight": tf.tensor2d([[0]]) };
  const buffers = init(params);
  assertEquals(Object.values(buffers).map((b) => b.dataSync()[0]), [0, 0]);
  const before = tf.memory().numTensors;
  const next = update(params, gradients, buffers, tf.scalar(1));
  assertEquals(tf.memory().numTensors, before + 4 + 1); // the rate's scalar is ours
  assertEquals(Object.values(next.params).map((p) => p.dataSync()[0]), [9, 9]);
  const weights = sgd({ weightDecay: 0.1, decays: ({ rank }) => rank > 1 });
  const { params: decayed } = weights.update(params, gradients, buffers, tf.scalar(1));
  assertEquals(Object.values(decayed).map((p) => p.dataSync()[0]), [10, 9]);
  const { params: named } = sgd({ weightDecay: 0.1, decays: (_p, key) => key.startsWith("bn") })
    .update(params, gradients, buffers, tf.scalar(1));
  assertEquals(Object.values(named).map((p) => p.dataSync()[0]), [9, 10]);
  assertEquals(Object.values(next.buffers).map((b) => b.dataSync()[0]), [1, 1]);
  assertEquals(params["bn.bias"].dataSync()[0], 10);
  assertEquals(buffers["bn.bias"]!.dataSync()[0], 0);
  assert(!gradients["bn.bias"].isDisposed);
});

Deno.test("sgd() throws where a gradient or a buffer is missing, and names it", () => {
  const { init, update } = sgd();
  const params = { a: tf.scalar(1), b: tf.scalar(1) };
  const one = { a: tf.scalar(1) };
  const rate = tf.scalar(1);
  assertThrows(() => update(params, one, init(params), rate), TypeError, "Cannot update b");
  assertThrows(() => update(params, params, init(one), rate), TypeError, "Cannot update b");
});

Deno.test("sgd() throws on a momentum or a weight decay out of range", () => {
  for (const momentum of [-0.1, 1, NaN]) {
    assertThrows(() => sgd({ momentum }), RangeError, `momentum ${momentum}`);
  }
  for (const weightDecay of [-1e-4, NaN, Infinity]) {
    assertThrows(() => sgd({ weightDecay }), RangeError, `weight decay ${weightDecay}`);
  }
});
