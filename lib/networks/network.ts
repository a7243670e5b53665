/**
 * Loads networks from parameter files.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { basename, join } from "@std/path";
import { IMAGENET_NORMALIZATION, NORMALIZATION, type Normalization } from "../data/normalize.ts";
import { printable, UserError } from "../errors.ts";
import { exists } from "../files.ts";
import { checkFiniteParams, fillParams, filterParams, isSgeKey, type Tensors } from "../params.ts";
import { isNamedAsParams } from "../formats/kind.ts";
import { selectNetwork } from "../formats/network_keys.ts";
import type { LoadedParams } from "../formats/params_bytes.ts";
import { loadParamsAndMetadata, saveParamsAndMetadata } from "../formats/weights.ts";
import { pretrainedFolder } from "./pretrained.ts";
import { type Architecture, recognize } from "./recognize.ts";

export {
  type Architecture,
  cifarResNetArchitecture,
  resNetArchitecture,
  type StudentArchitecture,
  vggArchitecture,
  wideResNetArchitecture,
} from "./recognize.ts";

/** A network with its parameters. */
export interface Network extends Architecture {
  params: Tensors;
  /** The name of the normalisation of the training images, if known. */
  normalization?: string | undefined;
}

/** Metadata entries for facts that the shapes do not show. */
const sgeNormalize = "sge_normalize";
const ownNetwork = "own_network";
const ownDigest = "own_network_sha256";
const imageNormalization = "normalization";

/** Saves a network's parameters so that {@link loadNetwork} can restore the network. */
export async function saveNetwork(
  path: string,
  params: Tensors,
  network: Pick<Network, "sge" | "normalization" | "own">,
): Promise<void> {
  await saveParamsAndMetadata(path, params, networkMetadata(network));
}

/** What a parameter file says of a network beside its parameters. */
export function networkMetadata(
  { sge, normalization, own }: Pick<Network, "sge" | "normalization" | "own">,
): Record<string, string> {
  return {
    ...(own !== undefined && { [ownNetwork]: own.file, [ownDigest]: own.digest }),
    ...(normalization !== undefined && { [imageNormalization]: normalization }),
    ...(sge?.normalize === false && { [sgeNormalize]: "false" }),
  };
}

/**
 * Reads parameters and builds their network.
 *
 * @param bytes the file's bytes, if already read.
 * @param own builds a network of the user's own from the parameters; it also gets the digest of the file
 * that they were trained with, if that is known.
 * @throws {UserError} If they cannot be read, do not match a known network, or are not finite.
 */
export async function loadNetwork(
  path: string,
  bytes?: Uint8Array,
  own?: (params: Tensors, digest: string | undefined) => Architecture,
): Promise<Network> {
  const { params, metadata, naming } = await loadNetworkParams(path, bytes, own !== undefined);
  const architecture = own?.(params, metadata[ownDigest]) ??
    recognizeIn(params, metadata, path, naming?.theirs);
  await checkFiniteParams(params, path);
  return { ...architecture, params, normalization: metadata[imageNormalization] };
}

function recognizeIn(
  params: Tensors,
  { [sgeNormalize]: normalizes, [ownNetwork]: file }: Record<string, string>,
  path: string,
  theirs: Parameters<typeof recognize>[3],
): Architecture {
  if (file !== undefined) {
    throw new UserError(
      `Cannot use ${path}: it holds parameters of a network of one's own, ${printable(file)}; a ` +
        "training task takes that file as --model, or for a teacher as --teacher-model",
    );
  }
  return recognize(params, normalizes === "false" ? { normalize: false } : {}, path, theirs);
}

/**
 * The parameters of the network in a file. Logs a line about anything left out.
 *
 * @param whole True to look for no known network: nothing is left out or renamed.
 */
async function loadNetworkParams(
  path: string,
  bytes: Uint8Array | undefined,
  whole: boolean,
): Promise<Omit<LoadedParams, "note">> {
  const { params: all, metadata, note, naming } = await loadParamsAndMetadata(
    path,
    bytes,
    whole,
  );
  const selected = whole ? undefined : selectIn(all, path);
  const params = selected ? Object.fromEntries(selected.tensors) : all;
  const kept = new Set(Object.values(params));
  tf.dispose(Object.values(all).filter((tensor) => !kept.has(tensor)));
  const said = note ?? selected?.note;
  if (said !== undefined) console.error(`note: ${path}: ${said}`);
  return { params, metadata, naming: naming ?? selected?.naming };
}

function selectIn(params: Tensors, path: string) {
  try {
    return selectNetwork(new Map(Object.entries(params)), ({ shape }) => shape);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new UserError(`Cannot use ${path}: ${error.message}`);
  }
}

/**
 * Checks that a network was trained with this normalisation.
 *
 * @param normalization the normalisation of the images.
 * @param source describes the network in the message.
 * @throws {UserError} If it was trained with another one.
 */
export function checkTrainedWith(
  { normalization: own }: Pick<Network, "normalization">,
  normalization: string,
  source: string,
): void {
  if (own === undefined || own === normalization) return;
  const canChoose = [own, normalization].every((name) => Object.hasOwn(NORMALIZATION, name));
  const choice = canChoose ? `--normalization ${own}, or ` : "";
  throw new UserError(
    `Cannot use ${source}: it was trained on images normalised by ${printable(own)} and would ` +
      `see images normalised by ${normalization}; use ${choice}other parameters`,
  );
}

/**
 * A network's initial parameters from a file or a run folder. If SGE parameters are missing there, they
 * come from `initial`.
 *
 * @param newClassifier the key of the classifier's weights, if this layer always comes from `initial`.
 * @throws {UserError} If they do not match the network, or are not finite.
 */
export async function startFrom(
  place: string,
  initial: Tensors,
  { sge, own }: Pick<Network, "sge" | "own">,
  newClassifier?: string,
): Promise<Tensors> {
  const { path } = await placeAt(place);
  const { params: stored, metadata } = await loadNetworkParams(path, undefined, own !== undefined);
  const layerOf = (key: string) => key.replace(/\.[^.]*$/, "");
  const isNew = (key: string) =>
    newClassifier !== undefined && layerOf(key) === layerOf(newClassifier);
  const params = filterParams(stored, (key) => !isNew(key));
  await checkFiniteParams(params, path);
  const normalizes = metadata[sgeNormalize] !== "false";
  if (sge && Object.keys(params).some(isSgeKey) && normalizes !== (sge.normalize ?? true)) {
    throw new UserError(
      `Cannot start from ${path}: its SGE ${normalizes ? "normalises" : "does not normalise"}; ` +
        `use ${normalizes ? "no --sge-no-normalize" : "--sge-no-normalize"}`,
    );
  }
  return fillParams(params, initial, (key) => isSgeKey(key) || isNew(key), path);
}

/** The location of a network, given by its run folder or a file. */
export interface NetworkPlace {
  /** The run folder; undefined if a file was given. */
  folder: string | undefined;
  /** The parameter file. */
  path: string;
}

/** The location of the network at a path of a file or a run folder. It need not exist. */
export async function placeAt(path: string): Promise<NetworkPlace> {
  const found = await Deno.stat(path).catch(() => undefined);
  if (found ? !found.isDirectory : isNamedAsParams(path)) return { folder: undefined, path };
  const own = join(path, "model.safetensors");
  const original = join(path, "model.pt7"); // written by runs of the original code
  return { folder: path, path: !await exists(own) && await exists(original) ? original : own };
}

/**
 * Like {@link placeAt}, but also accepts the name of a run folder in `logs/`, or else of a network in
 * `pretrained/`.
 */
export async function placeOf(id: string): Promise<NetworkPlace> {
  const isName = basename(id) === id && !isNamedAsParams(id);
  if (!isName || await exists(id)) return await placeAt(id);
  const run = join("logs", id);
  const shipped = join(pretrainedFolder, id);
  return await placeAt(!await exists(run) && await exists(shipped) ? shipped : run);
}

/** The normalisations, by their names in parameter files. */
export const normalizations: Readonly<Record<string, Normalization>> = {
  __proto__: null as never, // files may say any name
  ...NORMALIZATION,
  imagenet: IMAGENET_NORMALIZATION,
};
