/**
 * Loads and checks the teacher of a run.
 *
 * @module
 */
import { isAbsolute, resolve } from "@std/path";
import { UserError } from "../../lib/errors.ts";
import { exists, sha256 } from "../../lib/files.ts";
import { readParamsFile } from "../../lib/formats/weights.ts";
import { methodFacts, type MethodWeights, namesWithWeight } from "../../lib/methods/table.ts";
import { flagName } from "../cli/flags.ts";
import { shellWord } from "../cli/shell.ts";
import {
  checkTrainedWith,
  loadNetwork,
  type Network,
  placeOf,
} from "../../lib/networks/network.ts";
import { orPretrained } from "../../lib/networks/pretrained.ts";

/** A network that others are trained from. */
export interface Teacher extends Network {
  /** The file of its parameters. */
  path: string;
  /**
   * The SHA-256 digest of the parameter file's bytes, in hexadecimal; of a network of the user's own, of
   * this digest and that of its file.
   */
  digest: string;
}

/**
 * Loads a teacher from a run folder (a path, or a name under `logs/`) or a file of parameters.
 *
 * @param normalization The normalization of this run's images.
 * @param resumed True if the run already had this teacher.
 * @param own Builds a teacher that is a network of the user's own.
 * @throws {UserError} If there is no such teacher, or its images were normalized differently.
 */
export async function loadTeacher(
  id: string,
  normalization: string,
  resumed = false,
  own?: Parameters<typeof loadNetwork>[2],
): Promise<Teacher> {
  const { folder, path } = await placeOf(id);
  if (resumed && !await exists(path)) {
    throw new UserError(
      `Cannot use teacher ${id}: there is no ${path} here; name the place where it lies now with ` +
        "--teacher-id",
    );
  }
  if (folder !== undefined && !await exists(path)) {
    throw new UserError(
      `Cannot use teacher ${id}: ${await notFound(id, path)}` +
        `train it first, with --save ${shellWord(folder)}`,
    );
  }
  // Read once, because a run replaces this file at the end of each epoch.
  const bytes = await readParamsFile(path);
  const network = await loadNetwork(path, bytes, own);
  const ofParams = await sha256(bytes);
  const digest = network.own === undefined
    ? ofParams
    : await sha256(new TextEncoder().encode(ofParams + network.own.digest));
  checkTrainedWith(network, normalization, `teacher ${id}`);
  console.error(`teacher: ${network.name} from ${path}`);
  return { ...network, path, digest };
}

/** Says where the teacher was looked for, as absolute paths; what to do follows. */
async function notFound(id: string, path: string): Promise<string> {
  if (isAbsolute(id)) return `there is no ${path}; `;
  const places = [...new Set([resolve(id), resolve(path)])];
  const none = places.length === 1
    ? `there is no ${places[0]}`
    : `there is neither ${places.join(" nor ")}`;
  return `${none}${await orPretrained(
    id,
  )}; if it was trained, name it by its path from here; else `;
}

/**
 * Checks that teacher and data have the same number of classes, and enough, if a method needs it.
 *
 * @throws {UserError} If they do not.
 */
export function checkClasses(
  { numClasses: own }: Pick<Network, "numClasses">,
  id: string,
  numClasses: number,
  weights: MethodWeights,
): void {
  for (const name of namesWithWeight(weights)) {
    const { minClasses } = methodFacts(name);
    if (minClasses === undefined) continue;
    const flag = flagName(name);
    if (own !== numClasses) {
      throw new UserError(
        `Cannot distil from teacher ${id}: it has ${own} classes and the data set has ` +
          `${numClasses}; use ${flag} 0, or another teacher`,
      );
    }
    if (numClasses < minClasses) {
      throw new UserError(
        `Cannot distil with ${flag} ${weights[name]}: the data set has ${numClasses} class, ` +
          `and this compares each class with the others; use ${flag} 0, or --alpha`,
      );
    }
  }
}
