/**
 * Full-activation transfer: compares whole activations instead of attention maps.
 *
 * @module
 */
import { checkOptions } from "../arguments.ts";
import { activationTransferLoss } from "../losses/activation.ts";
import type { MethodEntry, PairMethod } from "./method.ts";

/**
 * Full-activation transfer, F-ActT (arXiv:1612.03928, section 4.1.1), of each pair of groups. If
 * channels differ, it learns a projection, a 1x1 filter.
 *
 * @throws {TypeError} If an option is unknown.
 */
export function activationTransfer(options: { weight: number }): PairMethod<"each pair"> {
  checkOptions("activationTransfer", options, { weight: true });
  return {
    name: "activation",
    of: "each pair",
    projects: true,
    weight: options.weight,
    term: ({ student, teacher, projection }) =>
      activationTransferLoss(student, teacher, projection),
  };
}

export const activationEntry: MethodEntry = {
  label: "F-ActT",
  help: "full-activation transfer (F-ActT): weight",
  usualWeight: 1,
  loss: "activationTransferLoss",
  formula:
    "F-ActT: mean square between whole activations, with a learned 1x1 projection where channels differ",
  method: (weight) => activationTransfer({ weight }),
};
