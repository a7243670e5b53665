/**
 * Computes how features are distributed before and after a gate.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
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

/** The distributions across the last gate of a group, over all features of the pictures. */
export function gateSpread(
  network: Pick<Network, "model" | "params" | "sge">,
  pictures: readonly Picture[],
  normalization: Normalization,
  group: number,
): GateSpread {
  return inScope(() => {
    const [befores, afters]: tf.Tensor4D[][] = [[], []];
    for (let first = 0; first < pictures.length; first += batchSize) {
      const batch = pictures.slice(first, first + batchSize);
      const images = tf.stack(
        batch.map(({ pixels, size }) =>
          tf.tensor3d(normalized(pixels, normalization), [...size, 3])
        ),
      ) as tf.Tensor4D;
      const { before, after, gate } = acrossGate(network, images, group);
      befores?.push(before);
      afters?.push(after);
      tf.dispose([images, gate]);
    }
    const before = activationStatistics(tf.concat(befores as tf.Tensor4D[]));
    const unit = tf.sqrt(before.variance);
    const after = activationStatistics(tf.concat(afters as tf.Tensor4D[]), unit);
    return { before: plain(before), after: plain(after) };
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
