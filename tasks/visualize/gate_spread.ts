/**
 * Computes how features are distributed before and after a gate.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { tidy } from "../../lib/autodiff/tidy.ts";
import type { Normalization } from "../../lib/data/normalize.ts";
import type { Network } from "../../lib/networks/network.ts";
import { type ActivationStatistics, activationStatistics } from "../../models/activations.ts";
import { acrossGate } from "./gate.ts";
import { inScope } from "./look.ts";
import { normalized } from "./normalized.ts";
import type { Picture } from "./pictures.ts";

/** The distribution of the features on one side of a gate. */
export interface Spread {
  mean: number;
  variance: number;
  /** The share of features below 0.05 standard deviations of those before the gate. */
  nearZero: number;
  /** The shares in bins, in standard deviations of the features before the gate. */
  shares: Float32Array;
}

/** The distributions before and after a gate. */
export interface GateSpread {
  before: Spread;
  after: Spread;
}

/** Images that a network computes at once. */
const batchSize = 25;

/** The distributions across the last gates of groups, by group, over all features of the pictures. */
export function gateSpreads(
  network: Pick<Network, "model" | "params" | "sge">,
  pictures: readonly Picture[],
  normalization: Normalization,
  groups: readonly number[],
): Map<number, GateSpread> {
  return inScope(() => {
    const chosen = [...new Set(groups)];
    const inputs = chosen.map((): tf.Tensor4D[] => []);
    for (let first = 0; first < pictures.length; first += batchSize) {
      const batch = pictures.slice(first, first + batchSize);
      const all = gateInputsOf(network, batch, normalization);
      chosen.forEach((group, i) => inputs[i]?.push(all[group] as tf.Tensor4D));
      tf.dispose(all.filter((_, group) => !chosen.includes(group)));
    }
    return new Map(
      chosen.map((group, i) => [group, spreadAcross(network, inputs[i] as tf.Tensor4D[], group)]),
    );
  });
}

/** What the last gate of each group takes for some pictures. */
function gateInputsOf(
  { model, params }: Pick<Network, "model" | "params">,
  pictures: readonly Picture[],
  normalization: Normalization,
): tf.Tensor4D[] {
  return tidy(() => {
    const images = tf.stack(
      pictures.map(({ pixels, size }) =>
        tf.tensor3d(normalized(pixels, normalization), [...size, 3])
      ),
    ) as tf.Tensor4D;
    return model.f(images, params, "eval").gateInputs as tf.Tensor4D[];
  });
}

/** Frees the parts of the input. */
function spreadAcross(
  network: Pick<Network, "params" | "sge">,
  inputs: tf.Tensor4D[],
  group: number,
): GateSpread {
  return inScope(() => {
    const input = tf.concat(inputs);
    tf.dispose(inputs);
    const before = activationStatistics(input);
    const { after } = acrossGate(network, input, group);
    const unit = tf.sqrt(before.variance);
    return { before: plain(before), after: plain(activationStatistics(after, unit)) };
  });
}

function plain({ mean, variance, nearZero, shares }: ActivationStatistics): Spread {
  const [m, v, n] = [mean, variance, nearZero].map((x) => x.dataSync()[0] as number);
  return {
    mean: m as number,
    variance: v as number,
    nearZero: n as number,
    shares: shares.dataSync() as Float32Array,
  };
}
