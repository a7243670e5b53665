/**
 * Tests of the distributions of features before and after gates.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { assertAlmostEquals, assertEquals } from "@std/assert";
import { NORMALIZATION, normalizeImages } from "../../../lib/data/normalize.ts";
import { randomStream } from "../../../lib/random.ts";
import { wideResNet } from "../../../models/wide_resnet.ts";
import { acrossGate } from "../../../tasks/visualize/gate.ts";
import { gateSpreads } from "../../../tasks/visualize/gate_spread.ts";

tf.setBackend("cpu");

Deno.test("gateSpreads() is what one takes from the features of all pictures, and leaves no tensor", () => {
  const sge = { groups: 2, initWeight: 2, initBias: -2 };
  const model = wideResNet({ depth: 10, width: 0.125, numClasses: 3, sge });
  const params = model.init(1);
  const { integer } = randomStream(1, 0);
  const count = 27; // more than one batch
  const bytes = Uint8Array.from({ length: count * 8 * 8 * 3 }, () => integer(256));
  const pictures = Array.from({ length: count }, (_, i) => ({
    name: `${i}`,
    pixels: Float32Array.from(bytes.subarray(i * 192, (i + 1) * 192)),
    size: [8, 8] as const,
    boxes: [],
  }));
  const { numTensors } = tf.memory();
  const network = { model, params, sge };
  const spreads = gateSpreads(network, pictures, NORMALIZATION.paper, [2, 0, 2]);
  assertEquals(tf.memory().numTensors, numTensors);
  assertEquals([...spreads.keys()], [2, 0]);
  const spread = spreads.get(0)!;

  const images = tf.tensor4d(normalizeImages(bytes, 3, NORMALIZATION.paper), [count, 8, 8, 3]);
  const input = model.f(images, params, "eval").gateInputs![0]!;
  const before = input.dataSync() as Float32Array;
  const mean = before.reduce((a, b) => a + b) / before.length;
  const variance = before.reduce((a, b) => a + (b - mean) ** 2, 0) / before.length;
  const limit = 0.05 * Math.sqrt(variance);
  const near = (values: ArrayLike<number>) =>
    Array.from(values).filter((x) => Math.abs(x) < limit).length / values.length;
  const after = acrossGate(network, input, 0).after.dataSync();
  assertAlmostEquals(spread.before.mean, mean, 1e-5);
  assertAlmostEquals(spread.before.variance / variance, 1, 1e-4);
  assertAlmostEquals(spread.before.nearZero, near(before), 2 / before.length);
  assertAlmostEquals(spread.after.nearZero, near(after), 2 / before.length);
  assertEquals(spread.after.nearZero > spread.before.nearZero, true);
  assertEquals(spread.after.variance < spread.before.variance, true);
});
