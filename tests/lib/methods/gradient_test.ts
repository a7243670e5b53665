/**
 * Methods that compare gradients by the images: mixed labels, and parts of a batch.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { assertAlmostEquals, assertThrows } from "@std/assert";
import { UserError } from "../../../lib/errors.ts";
import { distill } from "../../../lib/methods/distill.ts";
import { gradientAttention, gradientSymmetry } from "../../../lib/methods/gradient.ts";
import { sgd } from "../../../lib/train/sgd.ts";
import { trainStep } from "../../../lib/train/train_step.ts";
import { startState } from "../../../lib/train/train_state.ts";
import type { Params } from "../../../lib/params.ts";
import { mixingTensors } from "../train/mixing_tensors.ts";

await tf.setBackend("cpu");

/** Sees the mean of the squares only, so that the mirror image is the same to it. */
const model = {
  f: (images: tf.Tensor4D, { w }: Params) => ({
    logits: tf.matMul(tf.mean(tf.square(images), [1, 2]), w as tf.Tensor2D) as tf.Tensor2D,
    groups: [],
    stats: {},
  }),
};

Deno.test("gradientSymmetry() is 0 for a network without sides, with mixed labels too", () => {
  const params = { w: tf.tensor2d([[3, -1, 2], [0, 4, 1]]) };
  const { loss } = distill({
    student: { model, params },
    methods: [gradientSymmetry({ weight: 1 })],
  });
  const optimizer = sgd();
  const step = trainStep({ model, optimizer, loss });
  const images = tf.tensor4d([1, 2, 3, 4, 3, 4, 1, 2, 5, 1, 0, 2, 0, 2, 5, 1], [2, 2, 2, 2]);
  const labels = tf.tensor1d([0, 2], "int32");
  for (const share of [0.25, 0.5, 1]) {
    const mixing = mixingTensors({
      partners: Int32Array.of(1, 0),
      own: new Float32Array(4).fill(share),
      share,
    }, [2, 2]);
    const { terms } = step(startState(params, optimizer), { images, labels, mixing }, {
      rate: tf.scalar(0.1),
    });
    assertAlmostEquals(terms.gradient_symmetry!.dataSync()[0]!, 0, 1e-12);
  }
});

Deno.test("gradientAttention() and gradientSymmetry() refuse a worker's part of a batch", () => {
  const params = { w: tf.tensor2d([[3, -1, 2], [0, 4, 1]]) };
  const batch = {
    images: tf.ones([2, 2, 2, 2]) as tf.Tensor4D,
    labels: tf.tensor1d([0, 2], "int32"),
  };
  const network = { model, params };
  for (const method of [gradientAttention({ weight: 1 }), gradientSymmetry({ weight: 1 })]) {
    const { teacher, loss } = distill({ student: network, teacher: network, methods: [method] });
    const optimizer = sgd();
    const step = trainStep({ model, optimizer, teacher, loss, workers: true });
    const state = startState(params, optimizer);
    assertThrows(
      () => step(state, batch, { learningRate: tf.scalar(0.1) }),
      UserError,
      "Cannot compare gradients by the images with several workers",
    );
  }
});
