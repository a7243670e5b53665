/**
 * The options of spatial group-wise enhance (SGE), which every student network may use.
 *
 * @module
 */
import type { SgeOptions } from "../../models/spatial_group_enhance.ts";
import { flagName } from "./flags.ts";
import { flag, integer, number, type OptionValues } from "./option_kinds.ts";
import { UsageError } from "./usage_error.ts";

/** The number of groups, and the ablations. */
export const sgeFlags = {
  sge: integer({
    min: 1,
    placeholder: "GROUPS",
    help: "use spatial group-wise enhance (SGE) in every block, with this many groups of " +
      "channels",
  }),
  sgeWeight: number({ default: 0, help: "initial weight of SGE" }),
  sgeBias: number({ default: 1, help: "initial bias of SGE" }),
  sgeNoNormalize: flag({ help: "SGE without normalisation over positions" }),
};

type Values = OptionValues<typeof sgeFlags>;

/**
 * Checks that no SGE option is given without `--sge`.
 *
 * @throws {UsageError} If one is.
 */
export function checkSgeFlags(values: Values): void {
  const changed = (["sgeWeight", "sgeBias", "sgeNoNormalize"] as const)
    .find((key) => values[key] !== sgeFlags[key].default);
  if (values.sge === undefined && changed !== undefined) {
    throw new UsageError(`${flagName(changed)} has no effect without --sge GROUPS`);
  }
}

/** The SGE options in the form that a network takes. */
export function sgeOptions(
  { sge, sgeWeight, sgeBias, sgeNoNormalize }: Values,
): { sge?: SgeOptions } {
  if (sge === undefined) return {};
  const normalize = !sgeNoNormalize;
  return { sge: { groups: sge, initWeight: sgeWeight, initBias: sgeBias, normalize } };
}
