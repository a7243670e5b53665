/**
 * Networks as pure functions. Their only large dependency is tfjs-core.
 *
 * @module
 */
export { type ActivationStatistics, activationStatistics, positionNorms } from "./activations.ts";
export {
  fold,
  foldedResNet,
  type FoldedResNetOptions,
  foldedResNetOptions,
} from "./folded_res_net.ts";
export type { BatchNormWeight } from "./init.ts";
export type { Mode, Model, ModelOutput } from "./model.ts";
export { resNet, type ResNetOptions, resNetOptions } from "./res_net.ts";
export { type SgeOptions, spatialGate, spatialGroupEnhance } from "./spatial_group_enhance.ts";
export { wideResNet, type WideResNetOptions, wideResNetOptions } from "./wide_resnet.ts";
