/**
 * Networks from files of parameters.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { basename, join } from "@std/path";
import { NORMALIZATION, type Normalization } from "../lib/data/normalize.ts";
import { UserError } from "../lib/errors.ts";
import { exists } from "../lib/files.ts";
import { IMAGENET_NORMALIZATION } from "../lib/images/normalization.ts";
import { shown } from "../lib/formats/untrusted.ts";
import { checkParams, fillParams, filterParams, isSgeKey, type Params } from "../lib/params.ts";
import { isNamedAsParams, loadParamsAndMetadata, saveParamsAndMetadata } from "../lib/weights.ts";
import { tidy } from "../models/layers.ts";
import type { Model } from "../models/model.ts";
import { foldedResNet, foldedResNetOptions } from "../models/folded_res_net.ts";
import { resNet, type ResNetOptions, resNetOptions } from "../models/res_net.ts";
import type { SgeOptions } from "../models/spatial_group_enhance.ts";
import { wideResNet, type WideResNetOptions, wideResNetOptions } from "../models/wide_resnet.ts";

/** What a network is, without its parameters. */
export interface Architecture {
  /** Such as `WRN-16-2`. */
  name: string;
  model: Model;
  numClasses: number;
  sge?: SgeOptions | undefined;
}

/** A network with its parameters. */
export interface Network extends Architecture {
  params: Params;
  /** What the images that it was trained on were normalised by, where that is known. */
  normalization?: string | undefined;
}

/** A wide residual network, by name: `WRN-16-2`. */
export function wideResNetArchitecture(options: WideResNetOptions): Architecture {
  const { depth, width, numClasses, sge } = options;
  const name = `WRN-${depth}-${width}${nameOf(sge)}`;
  return { name, model: wideResNet(options), numClasses, sge };
}

/** A residual network, by name: `ResNet-18`, `ResNet-18 of width 0.5`. */
export function resNetArchitecture(options: ResNetOptions): Architecture {
  const { numClasses, sge } = options;
  return { name: `${resNetName(options)}${nameOf(sge)}`, model: resNet(options), numClasses, sge };
}

function resNetName({ depth, width = 1 }: { depth: number; width?: number | undefined }): string {
  return `ResNet-${depth}${width === 1 ? "" : ` of width ${width}`}`;
}

function nameOf(sge: SgeOptions | undefined): string {
  return sge ? ` with SGE in ${sge.groups} groups` : "";
}

/** The network that parameters are of, as far as their keys and shapes tell. */
function recognize(params: Params, sge: Pick<SgeOptions, "normalize">): Architecture | undefined {
  const wide = wideResNetOptions(params);
  if (wide) return wideResNetArchitecture({ ...wide, sge: wide.sge && { ...wide.sge, ...sge } });
  const plain = resNetOptions(params);
  if (plain) return resNetArchitecture({ ...plain, sge: plain.sge && { ...plain.sge, ...sge } });
  const folded = foldedResNetOptions(params);
  if (!folded) return undefined;
  const { numClasses } = folded;
  return { name: `${resNetName(folded)}, folded`, model: foldedResNet(params), numClasses };
}

/** The entries of the metadata, which say what the parameters' shapes do not. */
const sgeNormalize = "sge_normalize";
const imageNormalization = "normalization";

/** Writes a network's parameters so that {@link loadNetwork} makes the same network of them. */
export async function saveNetwork(
  path: string,
  params: Params,
  { sge, normalization }: Pick<Network, "sge" | "normalization">,
): Promise<void> {
  await saveParamsAndMetadata(path, params, {
    ...(normalization !== undefined && { [imageNormalization]: normalization }),
    ...(sge?.normalize === false && { [sgeNormalize]: "false" }),
  });
}

/**
 * Reads parameters and makes the network that they are of.
 *
 * @param bytes of the file, where they were read already.
 * @throws {UserError} where they cannot be read, or are of no network known here.
 */
export async function loadNetwork(path: string, bytes?: Uint8Array): Promise<Network> {
  const { params, metadata } = await loadParamsAndMetadata(path, bytes);
  const normalize = metadata[sgeNormalize] !== "false";
  const architecture = recognize(params, normalize ? {} : { normalize });
  if (!architecture) {
    throw new UserError(
      `Cannot use ${path}: these are no parameters of a network known here (WideResNet, ResNet)`,
    );
  }
  const expected = architecture.model.init(0);
  checkParams(params, expected, path);
  tf.dispose(expected);
  return { ...architecture, params, normalization: metadata[imageNormalization] };
}

/**
 * Checks that a network sees images as it was trained on them.
 *
 * @param normalization what the images are normalised by.
 * @param source what the network is, for the message.
 * @throws {UserError} where it was trained on others.
 */
export function checkNormalization(
  { normalization: own }: Pick<Network, "normalization">,
  normalization: string,
  source: string,
): void {
  if (own === undefined || own === normalization) return;
  const canChoose = [own, normalization].every((name) => Object.hasOwn(NORMALIZATION, name));
  throw new UserError(
    `Cannot use ${source}: it was trained on images normalised by ${
      shown(own)
    } and would see images ` +
      `normalised by ${normalization}; use ${
        canChoose ? `--normalization ${own}, or ` : ""
      }other ` +
      "parameters",
  );
}

/**
 * A network's first parameters from a file or a run folder; those of SGE, where they have none, from
 * `initial`.
 *
 * @param newClassifier whether the classifier is taken from `initial` in any case.
 * @throws {UserError} where they are not those of the network.
 */
export async function startFrom(
  place: string,
  initial: Params,
  { sge }: Pick<Network, "sge">,
  newClassifier = false,
): Promise<Params> {
  const { path } = await placeAt(place);
  const { params: stored, metadata } = await loadParamsAndMetadata(path);
  const isNew = (key: string) => newClassifier && key.startsWith("fc.");
  const params = filterParams(stored, (key) => !isNew(key));
  const normalizes = metadata[sgeNormalize] !== "false";
  if (sge && Object.keys(params).some(isSgeKey) && normalizes !== (sge.normalize ?? true)) {
    throw new UserError(
      `Cannot start from ${path}: its SGE ${normalizes ? "normalises" : "does not normalise"}; ` +
        `use ${normalizes ? "no --sge-no-normalize" : "--sge-no-normalize"}`,
    );
  }
  return fillParams(params, initial, (key) => isSgeKey(key) || isNew(key), path);
}

/** Where a network lies that is named by its run folder or by a file. */
export interface NetworkPlace {
  /** The run folder; undefined where a file was named. */
  folder: string | undefined;
  /** The file of its parameters. */
  path: string;
}

/** Where the network at a path lies, whether it is there or not: a file's or a run folder's. */
export async function placeAt(path: string): Promise<NetworkPlace> {
  const found = await Deno.stat(path).catch(() => undefined);
  if (found ? !found.isDirectory : isNamedAsParams(path)) return { folder: undefined, path };
  const own = join(path, "model.safetensors");
  const original = join(path, "model.pt7"); // what the original's runs leave
  return { folder: path, path: !await exists(own) && await exists(original) ? original : own };
}

/** As {@link placeAt}, of what may also be the name of a run folder in `logs/`. */
export async function placeOf(id: string): Promise<NetworkPlace> {
  const isName = basename(id) === id && !isNamedAsParams(id);
  return await placeAt(isName && !await exists(id) ? join("logs", id) : id);
}

/** What images are normalised by, by the names that files of parameters have for it. */
export const normalizations: Readonly<Record<string, Normalization>> = {
  ...NORMALIZATION,
  imagenet: IMAGENET_NORMALIZATION,
};

/** The shapes of a network's groups for one image `[H, W, C]`. */
export function groupShapes(
  { f }: Pick<Model, "f">,
  params: Params,
  image: [number, number, number],
): number[][] {
  const groups = tidy(() => f(tf.zeros([1, ...image]), params, "eval").groups);
  const shapes = groups.map(({ shape }) => shape);
  tf.dispose(groups);
  return shapes;
}
