/**
 * The options of the student's network: checks of its name and sizes, and spatial group-wise enhance
 * (SGE), which every network with blocks may use.
 *
 * @module
 */
import type { SgeOptions } from "../../models/spatial_group_enhance.ts";
import { flagName } from "./flags.ts";
import { firstGiven } from "./given.ts";
import { flag, integer, number, type OptionValues } from "./option_kinds.ts";
import { namedNetworks, type NetworkName } from "./network_names.ts";
import { UsageError } from "./usage_error.ts";

/** The depth of the WideResNet, if the user says nothing. */
export const defaultDepth = 16;

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
  const changed = firstGiven(values, ["sgeWeight", "sgeBias", "sgeNoNormalize"]);
  if (values.sge === undefined && changed !== undefined) {
    throw new UsageError(`${flagName(changed)} has no effect without --sge GROUPS`);
  }
}

/**
 * Checks that depth and SGE fit the network of a name.
 *
 * @throws {UsageError} If they do not.
 */
export function checkNetworkFlags(
  values: Values & { network: "wrn" | NetworkName; depth: number },
): void {
  checkSgeFlags(values);
  const { network, depth, sge } = values;
  if (network === "wrn") return;
  if (firstGiven(values, ["depth"]) !== undefined) {
    throw new UsageError(
      `--depth ${depth} has no effect with --network ${network}, whose name says its depth: remove ` +
        "it, or use --network wrn",
    );
  }
  if (sge !== undefined && namedNetworks[network].kind === "VGG") {
    throw new UsageError(
      `--sge works in residual blocks, and ${network} has none: remove it, or choose another --network`,
    );
  }
}

/** The options that say which of our networks it is. */
const ofNetwork = ["network", "depth", "width", "sge"] as const;
type OfNetwork = typeof ofNetwork[number];

/**
 * Checks that nothing is said of our networks where `--model` names another.
 *
 * @throws {UsageError} If it is.
 */
export function checkModelFlag(
  values: { model?: string | undefined } & { [Key in OfNetwork]?: unknown },
): void {
  const given = firstGiven(values, ofNetwork);
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
