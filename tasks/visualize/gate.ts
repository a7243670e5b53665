/**
 * Computes features before and after the gate of spatial group-wise enhance.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import type { Params } from "../../lib/params.ts";
import { param, tidy } from "../../models/layers.ts";
import { spatialGate } from "../../models/spatial_group_enhance.ts";
import type { Network } from "../../lib/networks/network.ts";

/** A block's gate, and its features before and after the gate. */
export interface AcrossGate {
  /** `[N, H, W, C]`. */
  before: tf.Tensor4D;
  /** `[N, H, W, C]`. */
  after: tf.Tensor4D;
  /** The gate of each group of channels, `[N, H, W, groups]`. */
  gate: tf.Tensor4D;
}

const gateKey = /^([a-z]+)(\d+)\.(?:block)?(\d+)\.sge\.weight$/;
/** In float32, the sigmoid of this is 1 and the sigmoid of its negative is 0. */
const farFromZero = 200;

/** Keys of each group's last block with a gate, such as `group0.block1`; empty without gates. */
export function lastGates(params: Params): string[] {
  const last = new Map<number, { block: number; key: string }>();
  for (const name of Object.keys(params)) {
    const [, , group, number] = name.match(gateKey) ?? [];
    if (group === undefined) continue;
    const [at, block] = [Number(group), Number(number)];
    if (block >= (last.get(at)?.block ?? 0)) {
      last.set(at, { block, key: name.slice(0, name.indexOf(".sge.")) });
    }
  }
  return [...last].sort(([a], [b]) => a - b).map(([, { key }]) => key);
}

/**
 * The last gate of a group, and its input and output features. A group's output is the gated
 * features plus a shortcut: a closed gate leaves the shortcut only, an open gate adds the unchanged
 * features.
 *
 * @param group The group's number, from 0.
 */
export function acrossGate(
  { model, params, sge }: Pick<Network, "model" | "params" | "sge">,
  images: tf.Tensor4D,
  group: number,
): AcrossGate {
  const key = lastGates(params)[group];
  const [weight, bias] = ["weight", "bias"]
    .map((name) => param<tf.Tensor1D>(params, `${key}.sge.${name}`)) as [tf.Tensor1D, tf.Tensor1D];
  const sum = (params: Params) => model.f(images, params, "eval").groups[group] as tf.Tensor4D;
  const held = (value: number): Params => ({
    ...params,
    [`${key}.sge.weight`]: tf.zerosLike(weight),
    [`${key}.sge.bias`]: tf.fill(bias.shape, value),
  });
  return tidy(() => {
    const shortcut = sum(held(-farFromZero));
    const before: tf.Tensor4D = tf.sub(sum(held(farFromZero)), shortcut);
    const normalize = sge?.normalize;
    return {
      before,
      after: tf.sub(sum(params), shortcut),
      gate: spatialGate(before, weight, bias, weight.size, { normalize }),
    };
  });
}
