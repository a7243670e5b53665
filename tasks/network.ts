/**
 * Networks from files of parameters.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { UserError } from "../lib/errors.ts";
import { checkParams, fillParams, isSgeKey, type Params } from "../lib/params.ts";
import { loadParamsAndMetadata, saveParamsAndMetadata } from "../lib/weights.ts";
import { tidy } from "../models/layers.ts";
import type { Model } from "../models/model.ts";
import { wideResNet, type WideResNetOptions, wideResNetOptions } from "../models/wide_resnet.ts";

/** A network with its parameters. */
export interface Network {
  model: Model;
  params: Params;
  options: WideResNetOptions;
  /** What the images that it was trained on were normalised by, where that is known. */
  normalization?: string | undefined;
}

/** The entries of the metadata, which say what the parameters' shapes do not. */
const sgeNormalize = "sge_normalize";
const imageNormalization = "normalization";

/** Writes a network's parameters so that {@link loadNetwork} makes the same network of them. */
export async function saveNetwork(
  path: string,
  params: Params,
  { sge, normalization }: Pick<WideResNetOptions, "sge"> & Pick<Network, "normalization">,
): Promise<void> {
  await saveParamsAndMetadata(path, params, {
    ...(normalization !== undefined && { [imageNormalization]: normalization }),
    ...(sge?.normalize === false && { [sgeNormalize]: "false" }),
  });
}

/**
 * Reads parameters and makes the network that they are of.
 *
 * @throws {UserError} where they cannot be read, or are not those of a WideResNet.
 */
export async function loadNetwork(path: string): Promise<Network> {
  const { params, metadata } = await loadParamsAndMetadata(path);
  const options = wideResNetOptions(params);
  if (!options) throw new UserError(`Cannot use ${path}: these are no parameters of a WideResNet`);
  if (options.sge && metadata[sgeNormalize] === "false") options.sge.normalize = false;
  const model = wideResNet(options);
  const expected = model.init(0);
  checkParams(params, expected, path);
  tf.dispose(expected);
  return { model, params, options, normalization: metadata[imageNormalization] };
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
  throw new UserError(
    `Cannot use ${source}: it was trained with --normalization ${own} and would see images normalised ` +
      `by ${normalization}; use --normalization ${own}, or other parameters`,
  );
}

/**
 * A network's first parameters from a file; those of SGE, where the file has none, from `initial`.
 *
 * @throws {UserError} where they are not those of the network.
 */
export async function startFrom(
  path: string,
  initial: Params,
  { sge }: Pick<WideResNetOptions, "sge">,
): Promise<Params> {
  const { params, metadata } = await loadParamsAndMetadata(path);
  const normalizes = metadata[sgeNormalize] !== "false";
  if (sge && Object.keys(params).some(isSgeKey) && normalizes !== (sge.normalize ?? true)) {
    throw new UserError(
      `Cannot start from ${path}: its SGE ${normalizes ? "normalises" : "does not normalise"}; ` +
        `use ${normalizes ? "no --sge-no-normalize" : "--sge-no-normalize"}`,
    );
  }
  return fillParams(params, initial, isSgeKey, path);
}

/** Such as `WRN-16-2`. */
export function networkName({ depth, width, sge }: WideResNetOptions): string {
  return `WRN-${depth}-${width}${sge ? ` with SGE in ${sge.groups} groups` : ""}`;
}

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
