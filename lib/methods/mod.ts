/**
 * Transfer methods, and `distill`, which builds teacher and loss of a training step from them.
 *
 * @module
 */
export { activationTransfer } from "./activation.ts";
export { attentionTransfer } from "./attention.ts";
export { classAttentionTransfer } from "./class_attention.ts";
export { distill, type Distillation, type NeededGroups } from "./distill.ts";
export type { DistillOptions, GroupNumbers } from "./groups.ts";
export {
  correlationDistillation,
  decoupledDistillation,
  knowledgeDistillation,
} from "./distillation.ts";
export { gradientAttention, gradientSymmetry } from "./gradient.ts";
export type {
  LevelInputs,
  LevelShapes,
  LevelsMethod,
  Method,
  MethodBase,
  NetworkWithParams,
  OutputInputs,
  OutputMethod,
  PairInputs,
  PairMethod,
  StudentInputs,
  StudentMethod,
} from "./method.ts";
export { relationalDistillation, similarityPreserving } from "./relations.ts";
export { reviewDistillation } from "./review.ts";
export { type TransferTerms } from "./transfer_loss.ts";
