/**
 * Networks as pure functions, and the layers that they are made of. Their only large dependency is
 * tfjs-core.
 *
 * @module
 */
export { type ActivationStatistics, activationStatistics, positionNorms } from "./activations.ts";
export {
  cifarResNet,
  type CifarResNetOptions,
  cifarResNetOptions,
  type CifarResNetWidths,
} from "./cifar_res_net.ts";
export {
  fold,
  foldedResNet,
  type FoldedResNetOptions,
  foldedResNetOptions,
} from "./folded_res_net.ts";
export type { BatchNormWeight } from "./init.ts";
export { batchNorm, conv2d, linear, param } from "./layers.ts";
export type {
  AnyModel,
  AnyOutput,
  FourGroups,
  Groups,
  LibraryModel,
  LibraryOutput,
  Mode,
  Model,
  ModelOutput,
  RankedGroups,
  ThreeGroups,
} from "./model.ts";
export { averagePool, globalAveragePool, maxPool } from "./pooling.ts";
export { resNet, type ResNetOptions, resNetOptions } from "./res_net.ts";
export { type SgeOptions, spatialGate, spatialGroupEnhance } from "./spatial_group_enhance.ts";
export { vgg, type VggOptions, vggOptions } from "./vgg.ts";
export {
  type PossibleDepth,
  wideResNet,
  type WideResNetDepth,
  type WideResNetOptions,
  wideResNetOptions,
} from "./wide_resnet.ts";
