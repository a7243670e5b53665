/**
 * Losses as pure functions of tensors. The only large dependency is tfjs-core.
 *
 * @module
 */
export { activationTransferLoss } from "./activation.ts";
export {
  attentionMap,
  type AttentionMapOptions,
  attentionTransferLoss,
  type AttentionTransferOptions,
  spatialMap,
  type TeacherAttention,
} from "./attention.ts";
export {
  classActivationMaps,
  classAttentionLoss,
  type ClassAttentionOptions,
} from "./class_attention.ts";
export { correlationDistillationLoss, type CorrelationDistillationOptions } from "./correlation.ts";
export { crossEntropy, type CrossEntropyOptions, type MixedLabels } from "./cross_entropy.ts";
export { decoupledDistillationLoss, type DecoupledDistillationOptions } from "./decoupled.ts";
export { distillationLoss, type DistillationOptions } from "./distillation.ts";
export { gradientAttentionLoss, gradientSymmetryLoss, inputGradient } from "./gradient.ts";
export { hierarchicalContextLoss } from "./hierarchical_context.ts";
export { type AsManyAs } from "./pairs.ts";
export { relationalDistillationLoss, type RelationalDistillationOptions } from "./relational.ts";
export { similarityPreservingLoss } from "./similarity.ts";
