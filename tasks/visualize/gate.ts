/**
 * Computes gates and the features after them, of spatial group-wise enhance.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs-core";
import type { Params } from "../../lib/params.ts";
import { sgeParams, spatialGate, spatialGroupEnhance } from "../../models/spatial_group_enhance.ts";
import type { Network } from "../../lib/networks/network.ts";

const gateKey = /^([a-z]+)(\d+)\.(?:block)?(\d+)\.sge\.weight$/;

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
 * The last gate of a group: `gate` for each group of channels, `[N, H, W, groups]`, and the features
 * `after` it, `[N, H, W, C]`.
 *
 * @param before What the gate takes, from the network's `gateInputs`.
 * @param group The group's number, from 0.
 */
export function acrossGate(
  { params, sge }: Pick<Network, "params" | "sge">,
  before: tf.Tensor4D,
  group: number,
) {
  const { weight, bias } = sgeParams(params, lastGates(params)[group] as string);
  const options = { normalize: sge?.normalize };
  return {
    gate: spatialGate(before, weight, bias, weight.size, options),
    after: spatialGroupEnhance(before, weight, bias, weight.size, options),
  };
}
