/**
 * The options of spatial group-wise enhance (SGE), which every student network may use.
 *
 * @module
 */
import type { SgeOptions } from "../../models/spatial_group_enhance.ts";
import { flagName } from "./flags.ts";
import { flag, integer, number, type Option, type OptionValues } from "./option_kinds.ts";
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

/**
 * Checks that nothing is said of our networks where `--model` names another.
 *
 * @throws {UsageError} If it is.
 */
export function checkModelFlag(
  values: { model?: string | undefined; depth: number; width: number; sge?: number | undefined },
  table: Record<"depth" | "width" | "sge", Option<unknown>>,
): void {
  const given = (["depth", "width", "sge"] as const)
    .find((key) => values[key] !== table[key].default);
  if (values.model === undefined || given === undefined) return;
  throw new UsageError(
    `${flagName(given)} has no effect with --model ${values.model}, which is the whole network: ` +
      "remove one of them",
  );
}

/** The SGE options in the form that a network takes. */
export function sgeOptions(
  { sge, sgeWeight, sgeBias, sgeNoNormalize }: Values,
): { sge?: SgeOptions } {
  if (sge === undefined) return {};
  const normalize = !sgeNoNormalize;
  return { sge: { groups: sge, initWeight: sgeWeight, initBias: sgeBias, normalize } };
}
