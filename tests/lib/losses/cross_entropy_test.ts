/**
 * Cross entropy against PyTorch, and its refusals.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { assertAlmostEquals, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { crossEntropy } from "../../../lib/losses/cross_entropy.ts";
import { backends } from "../../backends.ts";
import { assertClose, assertParity, readFixture, toTensor } from "../../parity.ts";
import { tolerances } from "./loss_parity.ts";

const fixture = await readFixture("losses");
const cases = Object.keys(JSON.parse(fixture.metadata["cases"] ?? "{}").crossEntropy);

for (const { name, tfjs, use } of backends) {
  Deno.test(`crossEntropy() is PyTorch's, with its gradient (${name})`, async () => {
    const run = use((logits: tf.Tensor2D, labels: tf.Tensor1D) => {
      const { value, grad } = tf.valueAndGrad((x) => crossEntropy(x as tf.Tensor2D, labels))(
        logits,
      );
      return { value: value as tf.Tensor, gradients: { logits: grad as tf.Tensor } };
    });
    assertEquals(cases, ["ordinary logits", "extreme logits"]);
    for (const label of cases) {
      const { logits, labels, value, gradient } = fixture.under(`crossEntropy/${label}`);
      assertParity(
        await run(toTensor(logits!), toTensor(labels!)),
        { value: value!, gradients: { logits: gradient! } },
        tolerances,
        label,
      );
    }
  });

  Deno.test(`crossEntropy() throws on a label outside of the classes (${name})`, async () => {
    const run = use(crossEntropy);
    for (const label of [3, -1, 1000]) {
      const labels = tf.tensor1d([0, label], "int32");
      const error = await assertRejects(() => run(tf.zeros([2, 3]), labels), Error, `${label}`);
      if (tfjs === "cpu") assertEquals(error.constructor, RangeError);
    }
  });

  // d/dx of the gradient, along a direction: softmax's own derivative, over the batch.
  Deno.test(`crossEntropy() can be differentiated twice (${name})`, async () => {
    const logits = tf.tensor2d([[1, -1, 0.5], [0, 2, 1]]);
    const direction = tf.tensor2d([[1, 2, -1], [0.5, 0, 3]]);
    const labels = tf.tensor1d([2, 0], "int32");
    const run = use((x: tf.Tensor2D) => {
      const gradient = tf.grad((y) => crossEntropy(y as tf.Tensor2D, labels));
      return tf.grad((y) => tf.sum(tf.mul(gradient(y), direction)))(x);
    });
    const p = tf.softmax(logits);
    const expected = tf.div(
      tf.mul(p, tf.sub(direction, tf.sum(tf.mul(p, direction), 1, true))),
      2,
    );
    assertClose(await run(logits), expected, { ofMax: 1e-5 }, "second derivative");
  });
}

Deno.test("crossEntropy() of even logits is the logarithm of the classes", () => {
  const loss = crossEntropy(tf.zeros([4, 10]), tf.tensor1d([0, 3, 9, 3], "int32"));
  assertAlmostEquals(loss.dataSync()[0]!, Math.log(10), 1e-6);
});

Deno.test("crossEntropy() leaves no tensor behind", () => {
  const [logits, labels] = [tf.zeros<tf.Rank.R2>([4, 10]), tf.tensor1d([0, 3, 9, 3], "int32")];
  for (const backend of ["tensorflow", "cpu"]) {
    tf.setBackend(backend);
    const before = tf.memory().numTensors;
    crossEntropy(logits, labels).dispose();
    assertEquals(tf.memory().numTensors, before, backend);
  }
});

Deno.test("crossEntropy() throws on shapes that do not fit", () => {
  const labels = tf.tensor1d([0, 1], "int32");
  const message = "they must be [N, classes] and [N]";
  assertThrows(() => crossEntropy(tf.zeros([3, 5]), labels), TypeError, message);
  const cube = tf.zeros([2, 5, 1]) as unknown as tf.Tensor2D;
  assertThrows(() => crossEntropy(cube, labels), TypeError, "logits [2,5,1] and labels [2]");
  const column = tf.zeros([2, 1], "int32") as unknown as tf.Tensor1D;
  assertThrows(() => crossEntropy(tf.zeros([2, 5]), column), TypeError, message);
});

const training = await readFixture("training");
const smoothing = JSON.parse(training.metadata["smoothing"] ?? "{}") as Record<string, number>;

for (const { name, use } of backends) {
  Deno.test(`crossEntropy() smooths labels as PyTorch, also mixed ones (${name})`, async () => {
    assertEquals(Object.keys(smoothing), ["small", "half", "all"]);
    const tensor = (key: string) => toTensor(training.get(`smoothing/${key}`));
    for (const [label, labelSmoothing] of Object.entries(smoothing)) {
      for (const kind of ["one", "mixed"]) {
        const run = use((
          ...[logits, labels, others, share]: [tf.Tensor, tf.Tensor1D, tf.Tensor1D, tf.Scalar]
        ) => {
          const mixed = kind === "mixed" ? { labels: others, share } : undefined;
          const { value, grad } = tf.valueAndGrad((x) =>
            crossEntropy(x as tf.Tensor2D, labels, { labelSmoothing, mixed })
          )(logits);
          return { value: value as tf.Tensor, gradients: { logits: grad as tf.Tensor } };
        });
        const { value, gradient } = training.under(`smoothing/${label}/${kind}`);
        const [logits, labels, others, share] = ["logits", "labels", "others", "share"].map(tensor);
        assertParity(
          await run(logits!, labels as tf.Tensor1D, others as tf.Tensor1D, share as tf.Scalar),
          { value: value!, gradients: { logits: gradient! } },
          { value: { rtol: 1e-6 }, gradients: { ofMax: 1e-6 } },
          `${label} ${kind}`,
        );
      }
    }
  });
}

Deno.test("crossEntropy() refuses to smooth by what is no part", () => {
  const [logits, labels] = [tf.zeros<tf.Rank.R2>([1, 2]), tf.tensor1d([0], "int32")];
  for (const labelSmoothing of [-0.1, 1.5, NaN]) {
    assertThrows(
      () => crossEntropy(logits, labels, { labelSmoothing }),
      RangeError,
      `Cannot smooth labels by ${labelSmoothing}: it must be from 0 to 1`,
    );
  }
});
