/**
 * Loads the networks to compare, and leaves out those that cannot be.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import type { NORMALIZATION, Normalization } from "../../../lib/data/normalize.ts";
import { UserError } from "../../../lib/errors.ts";
import { exists } from "../../../lib/files.ts";
import { placeOf } from "../../../lib/networks/network.ts";
import { findNetwork, normalizationOf, type ShownNetwork } from "../../visualize/networks.ts";
import type { TestImages } from "./test_images.ts";

/** What a network is compared as. */
export type Role = "teacher" | "baseline" | "student";

/** A network that can be compared. */
export interface ComparedNetwork extends ShownNetwork {
  /** The name by which the user gave it. */
  id: string;
  role: Role;
  constants: Normalization;
  /** False if its classes are others than those of the images, so that only its maps are compared. */
  answers: boolean;
}

/** Which networks to compare, each a run folder (its name under `logs/`, or a path) or a file. */
export interface NamedNetworks {
  networks: readonly string[];
  /** The network whose attention maps are the model for the others. It may be one of `networks`. */
  teacher?: string | undefined;
  /** The network without transfer. It may be one of `networks`. */
  baseline?: string | undefined;
}

/** The networks that can be compared, and a line about each of the others. */
export interface UsableNetworks {
  usable: ComparedNetwork[];
  leftOut: string[];
}

/**
 * Loads networks. One that cannot be used is left out. The caller disposes of their parameters.
 *
 * @param otherwise the name of the normalisation of networks that do not say theirs.
 * @throws {UserError} If none of them can be used: the reason of the first.
 */
export async function loadUsable(
  named: NamedNetworks,
  images: TestImages,
  otherwise: keyof typeof NORMALIZATION | "imagenet",
): Promise<UsableNetworks> {
  const usable: ComparedNetwork[] = [];
  const errors: UserError[] = [];
  try {
    for (const [id, role] of await rolesOf(named)) {
      try {
        usable.push(await loadOne(id, role, images, otherwise));
      } catch (error) {
        if (!(error instanceof UserError)) throw error;
        errors.push(error);
      }
    }
    if (!usable.some(({ answers }) => answers)) throw errors[0] ?? noNetwork;
  } catch (error) {
    disposeNetworks(usable);
    throw error;
  }
  return { usable: withOwnTitles(usable), leftOut: errors.map(({ message }) => message) };
}

const noNetwork = new UserError(
  "Cannot compare networks: none is named; give run folders or files of parameters",
);

/** Frees the parameters of networks. */
export function disposeNetworks(networks: readonly ComparedNetwork[]): void {
  tf.dispose(networks.map(({ params }) => params));
}

/** The names of all networks, each once, with their roles; the students in their order come last. */
async function rolesOf(
  { networks, teacher, baseline }: NamedNetworks,
): Promise<[id: string, role: Role][]> {
  const all: [string, Role][] = [
    ...(teacher === undefined ? [] : [[teacher, "teacher"] as [string, Role]]),
    ...(baseline === undefined ? [] : [[baseline, "baseline"] as [string, Role]]),
    ...networks.map((id) => [id, "student"] as [string, Role]),
  ];
  const seen = new Set<string>();
  const roles: [string, Role][] = [];
  for (const [id, role] of all) {
    const { path } = await placeOf(id);
    if (!seen.has(path)) roles.push([id, role]);
    seen.add(path);
  }
  return roles;
}

async function loadOne(
  id: string,
  role: Role,
  { classes, name }: TestImages,
  otherwise: string,
): Promise<ComparedNetwork> {
  const { path } = await placeOf(id);
  if (!await exists(path)) {
    throw new UserError(
      `Cannot compare ${id}: there is no ${path}; name run folders or files of parameters`,
      { code: "not-found" },
    );
  }
  const network = await findNetwork(id);
  try {
    const answers = network.numClasses === classes.length;
    if (!answers && role !== "teacher") {
      throw new UserError(
        `Cannot compare ${id} on ${name}: it has ${network.numClasses} classes and there are ` +
          `${classes.length}; choose networks of these classes`,
        { code: "does-not-fit" },
      );
    }
    return { ...network, role, answers, constants: normalizationOf(network, otherwise), id };
  } catch (error) {
    tf.dispose(network.params);
    throw error;
  }
}

/** Runs in different folders may have the same name; then the names that the user gave tell them apart. */
function withOwnTitles(networks: readonly ComparedNetwork[]): ComparedNetwork[] {
  const titles = networks.map(({ title }) => title);
  return networks.map((network, i) => {
    const isAlone = titles.indexOf(network.title) === titles.lastIndexOf(network.title);
    const title = isAlone ? titles[i] as string : `${network.id} (${network.name})`;
    return { ...network, title };
  });
}
