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
export type {
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
export { type TransferTerms } from "./transfer_loss.ts";
