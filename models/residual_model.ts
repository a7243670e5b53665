/**
 * A post-activation residual network with torchvision's keys: what {@link resNet} and
 * {@link cifarResNet} have in common.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import type { Params } from "../lib/params.ts";
import { checkClasses, checkImages, checkMode, checkSge } from "./checks.ts";
import { initLayers, type Layer } from "./init.ts";
import { convBatchNorm, linear, param, tidy } from "./layers.ts";
import type { Groups, LibraryModel, LibraryOutput, Mode } from "./model.ts";
import { globalAveragePool } from "./pooling.ts";
import { convolutions, featuresOf, type Names, residualNetwork, type Sizes } from "./residual.ts";
import { enhance, gateInputs, type SgeOptions } from "./spatial_group_enhance.ts";

/** What a network is made of. */
export interface Plan {
  /** Its name in messages. */
  network: string;
  sizes: Sizes;
  numClasses: number;
  sge?: SgeOptions | undefined;
}

/** torchvision's names. */
export const resNetNames: Names = {
  stem: "conv1",
  block: (stage, block) => `layer${stage + 1}.${block}`,
  layer: (layer) => `conv${layer + 1}`,
  shortcut: "downsample.0",
};

/** The key of the batch norm after a convolution, in torchvision's names. */
export function normOf(convolution: string): string {
  return convolution.replace(/conv(\d)$/, "bn$1").replace(/downsample\.0$/, "downsample.1");
}

/** The network. Throws if classes or SGE do not fit. */
export function residualModel<OfGroups extends Groups>(plan: Plan): LibraryModel<OfGroups> {
  check(plan);
  return {
    f: (input, params, mode, base = "") =>
      tidy(() => forward<OfGroups>(plan, input, params, mode, base)),
    init: (seed) => initLayers(seed, residualLayers(plan)),
    classifier: "fc.weight",
  };
}

function check({ network, sizes, numClasses, sge }: Plan): void {
  checkClasses(network, numClasses);
  checkSge(network, sge, sizes.stages.map(({ outputs }) => outputs));
}

function forward<OfGroups extends Groups>(
  { network, sizes, sge }: Plan,
  input: tf.Tensor4D,
  params: Params,
  mode: Mode,
  base: string,
): LibraryOutput<OfGroups> {
  checkImages(network, input, param(params, `${base}${resNetNames.stem}.weight`));
  checkMode(network, mode);
  const stats: Params = {};
  const inputs: Record<string, tf.Tensor4D> = {};
  const { features, sums, outputs } = residualNetwork(input, sizes, resNetNames, {
    convolve: (x, key, stride) => {
      const layer = { conv: `${base}${key}.weight`, norm: `${base}${normOf(key)}`, stride };
      return convBatchNorm(x, params, layer, mode, stats);
    },
    finish: (x, key) => enhance(x, params, `${base}${key}`, sge, inputs),
  });
  const logits = linear(globalAveragePool(features), params, `${base}fc`);
  const last = sizes.stages.map(({ blocks }, stage) =>
    `${base}${resNetNames.block(stage, blocks - 1)}`
  );
  const common = { logits, ...gateInputs(inputs, last), stats };
  if (!isSmall(sizes)) return { ...common, groups: sums as Groups as OfGroups, features };
  // Another tensor than the last group, so that whoever frees one keeps the other.
  return { ...common, groups: outputs as Groups as OfGroups, features: tf.clone(features) };
}

/** True for a network for small images, whose tables and initialisation are RepDistiller's. */
function isSmall({ stemSize }: Sizes): boolean {
  return stemSize === 3;
}

/** The layers with parameters, in the order in which they are initialised. Throws as the model. */
export function* residualLayers(plan: Plan): Generator<Layer> {
  check(plan);
  const { sizes, numClasses, sge } = plan;
  const fan = isSmall(sizes) ? "out" : "in";
  for (const { key, shape: [size, , inputs, outputs] } of convolutions(sizes, resNetNames)) {
    yield { kind: "conv", key: `${key}.weight`, inputs, outputs, size, fan };
    yield { kind: "batchNorm", key: normOf(key), channels: outputs, weight: "ones" };
  }
  for (const [stage, { blocks }] of sizes.stages.entries()) {
    for (let b = 0; sge && b < blocks; b++) {
      yield { kind: "spatialGroupEnhance", key: resNetNames.block(stage, b), sge };
    }
  }
  const start = isSmall(sizes) ? "uniform" : "kaiming";
  yield { kind: "linear", key: "fc", inputs: featuresOf(sizes), outputs: numClasses, start };
}
