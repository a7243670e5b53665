/**
 * Attention transfer: the student's attention maps follow the teacher's.
 *
 * @module
 */
import { attentionTransferLoss, type AttentionTransferOptions } from "../losses/attention.ts";
import type { MethodEntry, PairMethod } from "./method.ts";

/**
 * Attention transfer (arXiv:1612.03928) between the attention maps of each pair of groups.
 *
 * @param options weight: the authors' code has 1000 for the default form. The rest says what a map is,
 * as in {@link attentionTransferLoss}.
 * @throws {TypeError} If an option is not known; from the step.
 */
export function attentionTransfer(
  { weight, ...attention }: { weight: number } & AttentionTransferOptions,
): PairMethod {
  return {
    name: "attention",
    of: "each pair",
    needs: "maps",
    weight,
    term: ({ student, teacherMap }) => attentionTransferLoss(student, teacherMap, attention),
  };
}

/** Attention transfer, for the table. Its weight may change from step to step: the scalar `beta`. */
export const attentionEntry: MethodEntry = {
  label: "AT",
  help: "attention transfer: weight of the loss between attention maps",
  usualWeight: 1000,
  loss: "attentionTransferLoss",
  formula: "between the normalised attention maps of each pair of groups",
  settings: ["attention"],
  method: (weight, { attention }) => ({
    ...attentionTransfer({ weight, ...attention }),
    weight: ({ beta }) => beta ?? weight,
  }),
};
