/**
 * Which parts of a loss have smoothed labels.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { assertEquals } from "@std/assert";
import { useTensorFlow } from "../../../lib/backend/use_tensorflow.ts";
import { crossEntropy } from "../../../lib/losses/cross_entropy.ts";
import { distill } from "../../../lib/methods/distill.ts";
import { gradientSymmetry } from "../../../lib/methods/gradient.ts";
import { sgd } from "../../../lib/train/sgd.ts";
import { trainStep } from "../../../lib/train/train_step.ts";
import { startState } from "../../../lib/train/train_state.ts";
import { wideResNet } from "../../../models/wide_resnet.ts";
import { assertClose } from "../../parity.ts";

await useTensorFlow({ gpu: false });

Deno.test("distill() smooths the labels of its cross entropy, and those of no gradient", () => {
  const model = wideResNet({ depth: 10, width: 0.25, numClasses: 5 });
  const [params, optimizer] = [model.init(1), sgd()];
  const batch = {
    images: tf.randomNormal<tf.Rank.R4>([4, 8, 8, 3], 0, 1, "float32", 3),
    labels: tf.tensor1d([0, 1, 4, 1], "int32"),
  };
  const termsOf = (labelSmoothing: number) => {
    const methods = [gradientSymmetry({ weight: 1 })];
    const transfer = distill({ student: { model, params }, methods, labelSmoothing });
    const step = trainStep({ model, optimizer, ...transfer });
    return step(startState(params, optimizer), batch, { rate: tf.scalar(0.1) }).terms;
  };
  const [plain, smoothed] = [termsOf(0), termsOf(0.25)];
  const { logits } = model.f(batch.images, params, "train");
  const expected = crossEntropy(logits, batch.labels, { labelSmoothing: 0.25 });
  assertClose(smoothed.cross_entropy, expected, { rtol: 1e-6 }, "cross entropy");
  const { cross_entropy: _, ...others } = plain;
  assertEquals(Object.keys(others), ["gradient_symmetry"]);
  const symmetry = smoothed.gradient_symmetry!;
  assertClose(symmetry, plain.gradient_symmetry!, { rtol: 1e-6 }, "gradient symmetry");
});
