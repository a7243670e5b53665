/**
 * Computes where a network looks in an image, as plain numbers.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import type { Normalization } from "../../lib/data/normalize.ts";
import { UserError } from "../../lib/errors.ts";
import type { MapSize } from "../../lib/localization/resize_map.ts";
import { attentionMap, type AttentionMapOptions } from "../../lib/losses/attention.ts";
import { positionNorms } from "../../models/activations.ts";
import { withInputGradient } from "../../lib/train/gradients.ts";
import type { Network } from "../../lib/networks/network.ts";
import { acrossGate } from "./gate.ts";
import { normalized } from "./normalized.ts";
import type { Picture } from "./pictures.ts";

/** A number for each position. */
export interface PlainMap {
  /** `[H * W]`, row-major. */
  values: Float32Array;
  size: MapSize;
}

/** A group's last gate, and its effect. */
export interface GateLook {
  /** The norm over channels at each position, before the gate. */
  before: PlainMap;
  /** The gate at each position: the mean over the groups of channels. */
  gate: PlainMap;
  /** The norm over channels at each position, after the gate. */
  after: PlainMap;
}

/** The results of a network for an image. */
export interface Look {
  /** The class with the highest probability. */
  predicted: number;
  probability: number;
  /** The attention map of each group. */
  maps: PlainMap[];
  /** At each pixel, the largest absolute gradient of the loss over the colour channels. */
  gradient: PlainMap;
  /** The effect of the last gate of each group; empty without SGE. */
  gates: GateLook[];
}

/**
 * Runs a network on an image. The gradient is that of the cross entropy (arXiv:1612.03928, section
 * 3.2) for the image's class or, if that is unknown, the predicted class. It is the maximum over
 * the colour channels, as in Simonyan et al., arXiv:1312.6034.
 *
 * @throws {UserError} If the network's logits are not finite.
 */
export function lookAt(
  network: Network,
  { name, pixels, size, label }: Picture,
  { normalization, attention }: { normalization: Normalization; attention: AttentionMapOptions },
): Look {
  return inScope(() => {
    const { params, model } = network;
    const images = tf.tensor4d(normalized(pixels, normalization), [1, ...size, 3]);
    const f = (x: tf.Tensor4D) => model.f(x, params, "eval");
    const { logits, gateInputs = [] } = f(images);
    const probabilities = tf.softmax(logits).dataSync();
    const predicted = probabilities.indexOf(Math.max(...probabilities));
    if (predicted < 0 || !logits.dataSync().every(Number.isFinite)) {
      throw new UserError(
        `Cannot show what ${network.name} makes of ${name}: its logits are not finite, as of a ` +
          "training that diverged; choose other parameters",
        { code: "not-finite" },
      );
    }
    const labels = tf.tensor1d([label ?? predicted], "int32");
    const { groups, inputGradient } = withInputGradient(f, { images, labels });
    const plain = (what: string, map: tf.Tensor, of: tf.Tensor4D) =>
      plainMap(`${what} of ${network.name} for ${name}`, map, of);
    return {
      predicted,
      probability: probabilities[predicted] as number,
      maps: groups.map((group, i) =>
        plain(`the attention map of group ${i}`, attentionMap(group, attention), group)
      ),
      gradient: plain("the gradient", tf.max(tf.abs(inputGradient as tf.Tensor4D), 3), images),
      gates: gateInputs.map((before, group) => gateLook(network, before, group)),
    };
  });
}

/** Like `tf.tidy`, which would search for tensors in every number of the result. */
export function inScope<T>(f: () => T): T {
  tf.engine().startScope();
  try {
    return f();
  } finally {
    tf.engine().endScope();
  }
}

function gateLook(network: Network, before: tf.Tensor4D, group: number): GateLook {
  const { gate, after } = acrossGate(network, before, group);
  const map = (what: string, values: tf.Tensor) =>
    plainMap(`the ${what} gate of group ${group} of ${network.name}`, values, before);
  return {
    before: map("norm before the", positionNorms(before)),
    gate: map("mean", tf.mean(gate, 3)),
    after: map("norm after the", positionNorms(after)),
  };
}

/** A map of the positions of `of`. Throws a UserError if it is not finite. */
function plainMap(
  what: string,
  map: tf.Tensor,
  { shape: [, height, width] }: tf.Tensor4D,
): PlainMap {
  const values = map.dataSync() as Float32Array;
  const wrong = values.find((value) => !Number.isFinite(value));
  if (wrong === undefined) return { values, size: [height, width] };
  throw new UserError(`Cannot show ${what}: it holds ${wrong}; choose other parameters`, {
    code: "not-finite",
  });
}
