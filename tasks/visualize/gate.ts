/**
 * What the gate of spatial group-wise enhance does to the features that it is given.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import type { Params } from "../../lib/params.ts";
import { param, tidy } from "../../models/layers.ts";
import type { Network } from "../../lib/networks/network.ts";

/** The features of a block before and after its gate, `[N, H, W, C]`. */
interface AcrossGate {
  before: tf.Tensor4D;
  after: tf.Tensor4D;
}

const gateKey = /^([a-z]+)(\d+)\.(?:block)?(\d+)\.sge\.weight$/;
/** The sigmoid of this is 1 and that of its negative 0, in float32. */
const farFromZero = 200;

/**
 * The key of the last block with a gate in each group, such as `group0.block1`; empty for a network
 * without gates.
 */
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
 * The features that the last gate of a group is given, and those that it gives. A group ends with the sum
 * of the gated features and a shortcut: with the gate held shut only the shortcut is left, with the gate
 * held open the features as they came.
 *
 * @param group its number, from 0.
 */
export function acrossGate(
  { model, params }: Pick<Network, "model" | "params">,
  images: tf.Tensor4D,
  group: number,
): AcrossGate {
  const key = lastGates(params)[group];
  const sum = (params: Params) => model.f(images, params, "eval").groups[group] as tf.Tensor4D;
  const held = (bias: number): Params => ({
    ...params,
    [`${key}.sge.weight`]: tf.zerosLike(param(params, `${key}.sge.weight`)),
    [`${key}.sge.bias`]: tf.fill(param(params, `${key}.sge.bias`).shape, bias),
  });
  return tidy(() => {
    const shortcut = sum(held(-farFromZero));
    return {
      before: tf.sub(sum(held(farFromZero)), shortcut),
      after: tf.sub(sum(params), shortcut),
    };
  });
}
