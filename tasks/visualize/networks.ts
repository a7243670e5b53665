/**
 * The networks that are shown side by side.
 *
 * @module
 */
import { basename, dirname, join } from "@std/path";
import { NORMALIZATION, type Normalization } from "../../lib/data/normalize.ts";
import { printable, UserError } from "../../lib/errors.ts";
import { exists } from "../../lib/files.ts";
import { loadNetwork, type Network, normalizations, placeOf } from "../../lib/networks/network.ts";

/** A network, and where it comes from. */
export interface ShownNetwork extends Network {
  /** Its name for people: the run folder's or file's, and what it is. */
  title: string;
  /** The run folder; undefined where a file of parameters was named. */
  folder: string | undefined;
}

/**
 * The network of a run folder, by its name under `logs/` or its path, or of a file of parameters.
 *
 * @throws {UserError} If there is none.
 */
export async function findNetwork(id: string): Promise<ShownNetwork> {
  const { folder, path } = await placeOf(id);
  if (!await exists(path)) {
    throw new UserError(
      `Cannot show ${id}: there is no ${path}; name run folders or files of parameters with --networks`,
    );
  }
  const network = await loadNetwork(path);
  const place = folder ?? path;
  // Files of one name often lie in folders that tell them apart.
  const name = folder === undefined
    ? join(basename(dirname(place)), basename(place))
    : basename(place);
  return { ...network, folder, title: `${name} (${network.name})` };
}

/** Whether a network was trained on the small images of CIFAR, as far as its parameters say it. */
export function isOfCifar({ normalization }: Pick<Network, "normalization">): boolean {
  return normalization !== undefined && Object.hasOwn(NORMALIZATION, normalization);
}

/**
 * What a network's images are normalised by.
 *
 * @param otherwise what holds where its parameters do not say it.
 * @throws {UserError} If they name what is not known here.
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
