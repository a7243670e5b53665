/**
 * Loads the networks to compare.
 *
 * @module
 */
import { basename, dirname, join } from "@std/path";
import { NORMALIZATION, type Normalization } from "../../lib/data/normalize.ts";
import { printable, UserError } from "../../lib/errors.ts";
import { exists } from "../../lib/files.ts";
import { loadNetwork, type Network, normalizations, placeOf } from "../../lib/networks/network.ts";
import { orPretrained } from "../../lib/networks/pretrained.ts";

/** A network and its source. */
export interface ShownNetwork extends Network {
  /** Its title for people: the name of its run folder or file, and the kind of network. */
  title: string;
  /** The run folder; undefined for a file of parameters. */
  folder: string | undefined;
}

/**
 * Loads a network from a run folder (a path, or a name under `logs/`) or a file of parameters.
 *
 * @throws {UserError} If there is none.
 */
export async function findNetwork(id: string): Promise<ShownNetwork> {
  const { folder, path } = await placeOf(id);
  if (!await exists(path)) {
    const names = await orPretrained(id);
    throw new UserError(
      `Cannot show ${id}: there is no ${path}${names}; name a run folder or a file of parameters`,
    );
  }
  const network = await loadNetwork(path);
  const place = folder ?? path;
  // Files in different folders often have the same name, so add the folder.
  const name = folder === undefined
    ? join(basename(dirname(place)), basename(place))
    : basename(place);
  return { ...network, folder, title: `${name} (${network.name})` };
}

/** True if the parameters say that the network was trained on CIFAR images. */
export function isOfCifar({ normalization }: Pick<Network, "normalization">): boolean {
  return normalization !== undefined && Object.hasOwn(NORMALIZATION, normalization);
}

/**
 * The normalization of a network's images.
 *
 * @param otherwise The name to use if the parameters do not have one.
 * @throws {UserError} If the name is unknown.
 */
export function normalizationOf(
  { normalization, title }: Pick<ShownNetwork, "normalization" | "title">,
  otherwise: string,
): Normalization {
  const name = normalization ?? otherwise;
  const known = Object.hasOwn(normalizations, name) && normalizations[name];
  if (known) return known;
  throw new UserError(
    `Cannot show ${title}: its images were normalised by "${printable(name)}", and known are ` +
      Object.keys(normalizations).join(", "),
  );
}
