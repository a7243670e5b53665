/**
 * Attention transfer: the student's attention maps follow the teacher's.
 *
 * @module
 */
import { checkOptions } from "../arguments.ts";
import { attentionTransferLoss, type AttentionTransferOptions } from "../losses/attention.ts";
import type { MethodEntry, PairMethod } from "./method.ts";

/**
 * Attention transfer (arXiv:1612.03928) between the attention maps of each pair of groups.
 *
 * @param options weight: 1000 in the authors' code, for the default form. The other options are those
 * of {@link attentionTransferLoss}, except `weights`: the pairs' weights are `groupWeights` of
 * {@link distill}.
 * @throws {TypeError} If an option is unknown.
 */
export function attentionTransfer(
  options: { weight: number } & Omit<AttentionTransferOptions, "weights">,
): PairMethod<"each pair"> {
  if (Object.hasOwn(Object(options), "weights")) {
    throw new TypeError(
      'Cannot use the option "weights" of attentionTransfer(): the weights of the pairs are ' +
        "groupWeights of distill()",
    );
  }
  checkOptions("attentionTransfer", options, { weight: true, form: true, p: true, reduce: true });
  const { weight, ...attention } = options;
  return {
    name: "attention",
    of: "each pair",
    needs: "maps",
    weight,
    term: ({ student, teacherMap }) => attentionTransferLoss(student, teacherMap, attention),
  };
}

export const attentionEntry: MethodEntry = {
  label: "AT",
  help: "attention transfer: weight of the loss between attention maps",
  usualWeight: 1000,
  loss: "attentionTransferLoss",
  formula: "between the normalised attention maps of each pair of groups",
  settings: ["attention"],
  method: (weight, { attention }) => attentionTransfer({ weight, ...attention }),
};
