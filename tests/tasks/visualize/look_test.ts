/**
 * Tests of a network's results for an image.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { UserError } from "../../../lib/errors.ts";
import { NORMALIZATION, normalizeImages } from "../../../lib/data/normalize.ts";
import { attentionMap } from "../../../lib/losses/attention.ts";
import { inputGradient } from "../../../lib/losses/gradient.ts";
import { crossEntropy } from "../../../lib/losses/cross_entropy.ts";
import { randomStream } from "../../../lib/random.ts";
import { wideResNet } from "../../../models/wide_resnet.ts";
import { lookAt } from "../../../tasks/visualize/look.ts";
import { assertClose } from "../../parity.ts";

tf.setBackend("cpu");

const model = wideResNet({ depth: 10, width: 0.25, numClasses: 4 });
const network = { name: "WRN-10-0.25", model, params: model.init(1), numClasses: 4 };
const { integer } = randomStream(1, 0);
const bytes = Uint8Array.from({ length: 8 * 6 * 3 }, () => integer(256));
const picture = {
  name: "noise",
  pixels: Float32Array.from(bytes),
  size: [8, 6] as const,
  boxes: [],
};
const normalization = NORMALIZATION.paper;
const images = tf.tensor4d(normalizeImages(bytes, 3, normalization), [1, 8, 6, 3]);
const { logits, groups } = model.f(images, network.params, "eval");

Deno.test("lookAt() gives prediction and maps of the normalised image, and leaves no tensor", () => {
  const { numTensors } = tf.memory();
  const look = lookAt(network, picture, { normalization, attention: { p: 4 } });
  assertEquals(tf.memory().numTensors, numTensors);
  const probabilities = tf.softmax(logits).dataSync();
  assertAlmostEquals(look.probability, Math.max(...probabilities), 1e-6);
  assertEquals(look.predicted, probabilities.indexOf(Math.max(...probabilities)));
  assertEquals(look.maps.map(({ size }) => size), [[8, 6], [4, 3], [2, 2]]);
  for (const [group, { values }] of look.maps.entries()) {
    const expected = attentionMap(groups[group]!, { p: 4 });
    assertClose(tf.tensor2d(values, [1, values.length]), expected, { atol: 1e-6 }, `${group}`);
  }
  assertEquals(look.gates, []);
});

Deno.test("lookAt() takes the gradient by the image's class, and by the predicted one without", () => {
  const gradientOf = (label: number) => {
    const labels = tf.tensor1d([label], "int32");
    const loss = (x: tf.Tensor4D) =>
      crossEntropy(model.f(x, network.params, "eval").logits, labels);
    return tf.max(tf.abs(inputGradient(loss, images)), 3).dataSync();
  };
  const options = { normalization, attention: {} };
  const { predicted, gradient } = lookAt(network, picture, options);
  const other = (predicted + 1) % 4;
  assertEquals(gradient.size, [8, 6]);
  for (
    const [values, label] of [
      [gradient.values, predicted],
      [lookAt(network, { ...picture, label: other }, options).gradient.values, other],
    ] as const
  ) {
    const expected = gradientOf(label);
    const scale = Math.max(...expected);
    assert(values.every((value, i) => Math.abs(value - expected[i]!) < 1e-5 * scale));
  }
});

Deno.test("lookAt() refuses a network whose logits are not finite", () => {
  const params = { ...network.params, "fc.bias": tf.fill([4], NaN) };
  const look = () => lookAt({ ...network, params }, picture, { normalization, attention: {} });
  assertThrows(look, UserError, "what WRN-10-0.25 makes of noise: its logits are not finite");
});

Deno.test("lookAt() refuses an infinite logit, though the probabilities are numbers", () => {
  const params = { ...network.params, "fc.bias": tf.tensor1d([0, 1, -Infinity, 0]) };
  const look = () => lookAt({ ...network, params }, picture, { normalization, attention: {} });
  const error = assertThrows(look, UserError, "its logits are not finite");
  assertEquals((error as UserError).code, "not-finite");
});

Deno.test("lookAt() refuses maps that are not finite, though the logits are", () => {
  // Their squares overflow float32.
  const overflowing = {
    ...network.model,
    f: (...args: Parameters<typeof model.f>) => {
      const output = model.f(...args);
      return { ...output, groups: output.groups.map((x): tf.Tensor4D => tf.mul(x, 1e38)) };
    },
  };
  const look = () =>
    lookAt({ ...network, model: overflowing }, picture, { normalization, attention: {} });
  assertThrows(
    look,
    UserError,
    "Cannot show the attention map of group 0 of WRN-10-0.25 for noise",
  );
});
