/**
 * Decides what the page says of its network, and how it prepares images.
 *
 * @module
 */
import { UserError } from "../../lib/errors.ts";
import { readTextFile, whyNot } from "../../lib/files.ts";
import type { Network } from "../../lib/networks/network.ts";
import { countParameters, shapeOf } from "../../lib/params.ts";
import { isOfCifar, normalizationOf, type ShownNetwork } from "../visualize/networks.ts";
import { usualResize } from "../visualize/pictures.ts";
import type { Settings } from "./settings.ts";

/** What the user may say of the network. */
export interface Told {
  /** The name of the normalisation, if the parameters do not have one. */
  readonly normalization?: string | undefined;
  /** Height and width of its input, in pixels. */
  readonly size?: number | undefined;
  /** The names of its classes. */
  readonly classes?: readonly string[] | undefined;
}

/** What the page says, but for its first images. */
export type Facts = Omit<Settings, "samples" | "classes">;

/** The facts about a network. Images are resized as for its training: those of CIFAR only fit. */
export function factsOf(network: ShownNetwork, told: Told): Facts {
  const { title, params, sge } = network;
  const normalization = nameOf(network, told);
  const size = told.size ?? (isOfCifar({ normalization }) ? 32 : 224);
  return {
    title,
    parameters: countParameters(params),
    sgeNormalizes: sge?.normalize !== false,
    size,
    resize: isOfCifar({ normalization }) ? size : usualResize(size),
    normalization: normalizationOf(network, normalization),
  };
}

/** The name of a network's normalisation: only those for ImageNet begin with a 7x7 convolution. */
export function nameOf(
  { normalization, params }: Pick<Network, "normalization" | "params">,
  told: Told,
): string {
  const isLarge = ["conv1.weight", "conv0.weight"].some((key) => shapeOf(params, key)?.[0] === 7);
  const usual = isLarge ? "imagenet" : "paper";
  return normalization ?? told.normalization ?? usual;
}

/**
 * The names of a network's classes: those that the user gave, those of CIFAR-10 for ten classes of
 * CIFAR, or numbers.
 *
 * @param cifar10 The names of CIFAR-10's classes.
 * @throws {UserError} If their number is wrong.
 */
export function classesOf(
  network: ShownNetwork,
  told: Told,
  cifar10: readonly string[],
): readonly string[] {
  const { numClasses, title } = network;
  const isCifar10 = isOfCifar({ normalization: nameOf(network, told) }) &&
    numClasses === cifar10.length;
  const named = told.classes ?? (isCifar10 ? cifar10 : undefined);
  if (!named) return Array.from({ length: numClasses }, (_, i) => `class ${i}`);
  if (named.length === numClasses) return named;
  throw new UserError(
    `Cannot name the classes of ${title}: it has ${numClasses}, and --classes has ` +
      `${named.length} lines; give one name a line`,
  );
}

/** The lines of a text file with the name of a class on each. */
export async function readNames(path: string): Promise<string[]> {
  const text = await readTextFile(path).catch((error) => {
    throw new UserError(`Cannot read class names from ${path}: ${whyNot(error)}`, {
      code: "not-readable",
    });
  });
  return text.split("\n").map((line) => line.trim()).filter((line) => line !== "");
}
