/**
 * Compares a network with the golden numbers of one: in both modes, and all its gradients.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { assertEquals } from "@std/assert";
import { crossEntropy } from "../../lib/losses/cross_entropy.ts";
import { gradientAttentionLoss, inputGradient } from "../../lib/losses/gradient.ts";
import { filterParams, isTrainable, type Tensors } from "../../lib/params.ts";
import { valueAndGradients } from "../../lib/train/gradients.ts";
import { linear } from "../../models/layers.ts";
import type { LibraryModel, Model } from "../../models/model.ts";
import { globalAveragePool } from "../../models/pooling.ts";
import type { Backend } from "../backends.ts";
import {
  assertClose,
  assertParity,
  type Fixture,
  type Tolerance,
  toTensor,
  toTensors,
} from "../parity.ts";

/** The mean cross entropy, and its gradients by every parameter and, as `images`, by the images. */
export function lossAndGradients(f: Model["f"]) {
  return (images: tf.Tensor4D, labels: tf.Tensor1D, params: Tensors) => {
    const statistics = filterParams(params, (key) => !isTrainable(key));
    return valueAndGradients(({ images, ...trained }) => {
      const { logits } = f(images as tf.Tensor4D, { ...trained, ...statistics }, "train");
      return { loss: crossEntropy(logits, labels), extras: {} };
    }, { ...filterParams(params, isTrainable), images });
  };
}

/**
 * Throws unless logits, groups, statistics, loss and gradients are those of the fixture, and where it
 * has them, what double backpropagation gives.
 */
export async function assertNetwork(
  { f }: LibraryModel,
  fixture: Fixture,
  { use }: Backend,
  tolerances: { outputs: Tolerance; gradients: Tolerance; seconds?: Tolerance },
): Promise<void> {
  const params = toTensors(fixture.under("params"));
  const images = toTensor<tf.Rank.R4>(fixture.get("images"));
  const labels = toTensor<tf.Rank.R1>(fixture.get("labels"));
  const run = use(f);
  const classify = use((features: tf.Tensor4D, params: Tensors) =>
    linear(globalAveragePool(features), params, "fc.weight" in params ? "fc" : "classifier")
  );
  for (const mode of ["eval", "train"] as const) {
    const { logits, groups, features, stats } = await run(images, params, mode);
    assertClose(logits, fixture.get(`${mode}/logits`), tolerances.outputs, `${mode} logits`);
    const classified = await classify(features, params);
    assertClose(classified, fixture.get(`${mode}/logits`), tolerances.outputs, `${mode} features`);
    assertEquals(features.shape, groups.at(-1)?.shape);
    assertEquals(groups.length, Object.keys(fixture.under(`${mode}/groups`)).length);
    for (const [i, group] of groups.entries()) {
      const expected = fixture.get(`${mode}/groups/${i}`);
      assertClose(group, expected, tolerances.outputs, `${mode} group ${i}`);
    }
    const expected = mode === "train" ? fixture.under("train/stats") : {};
    assertEquals(Object.keys(stats).sort(), Object.keys(expected).sort());
    for (const [key, values] of Object.entries(expected)) {
      assertClose(stats[key] as tf.Tensor, values, tolerances.outputs, key);
    }
  }
  const { loss, gradients } = await use(lossAndGradients(f))(images, labels, params);
  const expected = {
    ...fixture.under("train/gradients"),
    images: fixture.get("train/imageGradient"),
  };
  assertParity(
    { value: loss, gradients },
    { value: fixture.get("train/loss"), gradients: expected },
    { value: tolerances.outputs, gradients: tolerances.gradients },
  );
  if (!("train/imageGradientSize" in fixture.tensors)) return;
  const second = await use(sizeAndGradients(f))(images, labels, params);
  assertParity(
    { value: second.loss, gradients: second.gradients },
    { value: fixture.get("train/imageGradientSize"), gradients: fixture.under("train/seconds") },
    { value: tolerances.outputs, gradients: tolerances.seconds ?? tolerances.gradients },
    "second order",
  );
}

/** Half of the squared norm of the gradient by the images, and its gradients by every parameter. */
function sizeAndGradients(f: Model["f"]) {
  return (images: tf.Tensor4D, labels: tf.Tensor1D, params: Tensors) => {
    const statistics = filterParams(params, (key) => !isTrainable(key));
    return valueAndGradients((trained) => {
      const loss = (images: tf.Tensor4D) =>
        crossEntropy(f(images, { ...trained, ...statistics }, "train").logits, labels);
      const gradient = inputGradient(loss, images);
      return { loss: gradientAttentionLoss(gradient, tf.zerosLike(gradient)), extras: {} };
    }, filterParams(params, isTrainable));
  };
}
