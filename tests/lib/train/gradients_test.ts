/**
 * Values, gradients and what is wanted besides.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { crossEntropy } from "../../../lib/losses/cross_entropy.ts";
import type { Tensors } from "../../../lib/params.ts";
import { valueAndGradients, withInputGradient } from "../../../lib/train/gradients.ts";
import type { AnyBatch, TensorBatch } from "../../../lib/train/loss.ts";
import type { Mode } from "../../../models/model.ts";
import { wideResNet } from "../../../models/wide_resnet.ts";
import { backends } from "../../backends.ts";
import { assertClose } from "../../parity.ts";
import { assertFreesAll } from "../jit/counts.ts";

/** `sum(a^2 b)`, with `a b` on the side. */
function lossOf({ a, b }: Tensors) {
  const product = tf.mul(a!, b!);
  return { loss: tf.sum(tf.mul(product, a!)) as tf.Scalar, extras: { product } };
}

for (const { name, use } of backends) {
  Deno.test(`valueAndGradients() gives the loss, its gradients and the extras (${name})`, async () => {
    const run = use((params: Tensors) => valueAndGradients(lossOf, params));
    const { loss, gradients, extras } = await run({
      a: tf.tensor1d([1, 2]),
      b: tf.tensor1d([3, 5]),
    });
    const read = (tensor: tf.Tensor | undefined) => Array.from(tensor!.dataSync());
    assertEquals(read(loss), [23]);
    assertEquals(Object.keys(gradients), ["a", "b"]);
    assertEquals(read(gradients["a"]), [6, 20]);
    assertEquals(read(gradients["b"]), [1, 4]);
    assertEquals(read(extras["product"]), [3, 10]);
  });
}

Deno.test("valueAndGradients() leaves nothing behind", () => {
  tf.setBackend("tensorflow");
  const params = { a: tf.tensor1d([1, 2]), b: tf.tensor1d([3, 5]) };
  const before = tf.memory().numTensors;
  const { loss, gradients, extras } = valueAndGradients(lossOf, params);
  assertEquals(tf.memory().numTensors, before + 4);
  tf.dispose([loss, ...Object.values(gradients), ...Object.values(extras)]);
  assertEquals(tf.memory().numTensors, before);
  assert(!params.a.isDisposed);
});

Deno.test("valueAndGradients() throws what the function throws, and works afterwards", () => {
  tf.setBackend("tensorflow");
  const params = { a: tf.tensor1d([1, 2]), b: tf.tensor1d([3, 5]) };
  const failing = () => {
    throw new RangeError("in the middle");
  };
  assertThrows(() => valueAndGradients(failing, params), RangeError, "in the middle");
  const withoutB = (p: Tensors) => ({ loss: tf.sum(p["a"]!) as tf.Scalar, extras: {} });
  assertThrows(() => valueAndGradients(withoutB, params), Error, "Cannot compute gradient");
  assertEquals(valueAndGradients(lossOf, params).loss.dataSync()[0], 23);
});

const network = wideResNet({ depth: 10, width: 0.25, numClasses: 3 });

function smallBatch(): TensorBatch {
  return {
    images: tf.randomNormal([2, 8, 8, 3], 0, 1, "float32", 5),
    labels: tf.tensor1d([0, 2], "int32"),
  };
}

for (const { name, use } of backends) {
  for (const mode of ["eval", "train"] as const) {
    Deno.test(`withInputGradient() gives all of a network's output in ${mode} mode, and its gradient by the images (${name})`, async () => {
      const run = use((params: Tensors, batch: TensorBatch, mode: Mode) =>
        withInputGradient((images) => network.f(images, params, mode), batch)
      );
      const [params, batch] = [network.init(1), smallBatch()];
      const actual = await run(params, batch, mode);
      const expected = network.f(batch.images, params, mode);
      const gradient = tf.grad((x) =>
        crossEntropy(network.f(x as tf.Tensor4D, params, mode).logits, batch.labels)
      )(batch.images);
      const close = (a: tf.Tensor | undefined, b: tf.Tensor, label: string) =>
        assertClose(a!, b, { ofMax: 1e-5 }, label);
      close(actual.logits, expected.logits, "logits");
      close(actual.inputGradient, gradient, "gradient");
      assertEquals(actual.groups.length, expected.groups.length);
      expected.groups.forEach((group, i) => close(actual.groups[i], group, `group ${i}`));
      assertEquals(Object.keys(actual.stats), Object.keys(expected.stats));
      for (const [key, value] of Object.entries(expected.stats)) {
        close(actual.stats[key], value, key);
      }
      assertEquals(Object.keys(actual.stats).length > 0, mode === "train");
    });
  }
}

Deno.test("withInputGradient() keeps the order of the groups, however many", () => {
  tf.setBackend("tensorflow");
  const batch = smallBatch();
  const { groups } = withInputGradient((images) => ({
    logits: tf.mean(images, [1, 2]) as tf.Tensor2D,
    groups: Array.from({ length: 12 }, (_, i) => tf.fill<tf.Rank.R4>([1, 1, 1, 1], i)),
    stats: {},
  }), batch);
  assertEquals(groups.map((group) => group.dataSync()[0]), Array.from({ length: 12 }, (_, i) => i));
});

Deno.test("withInputGradient() leaves nothing else behind", async () => {
  tf.setBackend("tensorflow");
  const [params, batch] = [network.init(1), smallBatch()];
  const run = () => {
    const shown = withInputGradient((images) => network.f(images, params, "train"), batch);
    tf.dispose([
      shown.logits,
      shown.inputGradient,
      shown.features as tf.Tensor4D,
      ...shown.groups,
      ...Object.values(shown.stats),
    ]);
  };
  run(); // brings what is given to TensorFlow
  await assertFreesAll(run);
});

Deno.test("withInputGradient() counts both labels of mixed images by their shares", () => {
  tf.setBackend("tensorflow");
  const network = (x: tf.Tensor4D) => ({
    logits: tf.reshape<tf.Rank.R2>(tf.square(x), [2, 4]),
    groups: [],
    stats: {},
  });
  const images = tf.randomNormal<tf.Rank.R4>([2, 1, 1, 4], 0, 1, "float32", 1);
  const [labels, others] = [tf.tensor1d([0, 3], "int32"), tf.tensor1d([2, 2], "int32")];
  const mixed = { labels: others, share: tf.scalar(0.7) };
  const gradient = (batch: AnyBatch) => withInputGradient(network, batch).inputGradient;
  const [first, second] = [labels, others].map((labels) => gradient({ images, labels }));
  const expected = tf.add(tf.mul(first!, 0.7), tf.mul(second!, 0.3));
  assertClose(gradient({ images, labels, mixed }), expected, { ofMax: 1e-6 }, "mixed");
});
