/**
 * The network of the page: its parameters from a file, and what it makes of an image.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { decodeParams } from "../../../lib/formats/params_bytes.ts";
import { parseSafetensors } from "../../../lib/formats/safetensors.ts";
import { attentionMap } from "../../../lib/losses/attention.ts";
import { type Architecture, recognize } from "../../../lib/networks/recognize.ts";
import type { Params } from "../../../lib/params.ts";
import type { PlainMap } from "../../visualize/look.ts";
import { normalized } from "../../visualize/normalized.ts";
import { paramsFile, type Settings } from "../settings.ts";

/** What is needed to run the network. */
export interface PageNetwork extends Architecture {
  readonly params: Params;
  readonly settings: Settings;
}

/** What the network makes of an image. */
export interface Seen {
  /** Of each class. */
  readonly probabilities: Float32Array;
  /** The attention map of each group. */
  readonly maps: readonly PlainMap[];
}

/** The network of a parameter file's bytes. */
export function networkOf(bytes: Uint8Array, settings: Settings): PageNetwork {
  const params = decodeParams(parseSafetensors(bytes).tensors);
  const sge = settings.sgeNormalizes ? {} : { normalize: false };
  return { ...recognize(params, sge, paramsFile), params, settings };
}

/**
 * Runs the network on an image.
 *
 * @param pixels `[size * size * 3]`, 0 to 255.
 * @throws {Error} If what it computes is not finite.
 */
export async function see(
  { model, params, settings: { size, normalization } }: PageNetwork,
  pixels: Float32Array,
): Promise<Seen> {
  const { probabilities, maps, sizes } = tf.tidy(() => {
    const image = tf.tensor4d(normalized(pixels, normalization), [1, size, size, 3]);
    const { logits, groups } = model.f(image, params, "eval");
    return {
      probabilities: tf.softmax(logits),
      maps: groups.map((group) => attentionMap(group)),
      sizes: groups.map(({ shape: [, height, width] }) => [height, width] as const),
    };
  });
  const tensors = [probabilities, ...maps];
  const [first, ...others] = await Promise.all(
    tensors.map(async (tensor) => await tensor.data() as Float32Array),
  );
  tf.dispose(tensors);
  if (![first as Float32Array, ...others].every((values) => values.every(Number.isFinite))) {
    throw new Error("what the network computes for it is not finite; reload the page");
  }
  return {
    probabilities: first as Float32Array,
    maps: others.map((values, i) => ({ values, size: sizes[i] as PlainMap["size"] })),
  };
}
