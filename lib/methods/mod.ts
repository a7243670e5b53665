/**
 * Transfer methods, and `distill`, which builds teacher and loss of a training step from them.
 *
 * @module
 */
export { activationTransfer } from "./activation.ts";
export { attentionTransfer } from "./attention.ts";
export { distill, type Distillation, type NeededGroups } from "./distill.ts";
export type { DistillOptions, GroupNumbers } from "./groups.ts";
export { decoupledDistillation, knowledgeDistillation } from "./distillation.ts";
export { gradientAttention, gradientSymmetry } from "./gradient.ts";
export {
  type Method,
  type MethodBase,
  type NetworkWithParams,
  type OutputInputs,
  type OutputMethod,
  type PairInputs,
  type PairMethod,
  type StudentInputs,
  type StudentMethod,
} from "./method.ts";
export { relationalDistillation, similarityPreserving } from "./relations.ts";
export { type TransferTerms } from "./transfer_loss.ts";
