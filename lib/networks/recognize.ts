/**
 * The known networks, and how to recognise them by their parameters.
 *
 * @module
 */
import { UserError } from "../errors.ts";
import { findMismatch, likeness, type Shapes, type Tensors } from "../params.ts";
import {
  cifarResNet,
  type CifarResNetOptions,
  cifarResNetShapes,
  guessCifarResNet,
  standardWidths,
} from "../../models/cifar_res_net.ts";
import { foldedResNet, guessFoldedResNet } from "../../models/folded_res_net.ts";
import type { Model } from "../../models/model.ts";
import { guessResNet, resNet, type ResNetOptions, resNetShapes } from "../../models/res_net.ts";
import type { SgeOptions } from "../../models/spatial_group_enhance.ts";
import { guessVgg, vgg, type VggOptions, vggShapes } from "../../models/vgg.ts";
import {
  guessWideResNet,
  wideResNet,
  type WideResNetOptions,
  wideResNetShapes,
} from "../../models/wide_resnet.ts";

/** The file of a network of the user's own. */
export interface OwnFile {
  /** The file's name, without its folder. */
  file: string;
  /** The SHA-256 digest of the file, in hexadecimal. */
  digest: string;
}

/** A network without its parameters. */
export interface Architecture {
  /** For example `WRN-16-2`. */
  name: string;
  model: Model;
  numClasses: number;
  sge?: SgeOptions | undefined;
  /** If it is a network of the user's own: its file. */
  own?: OwnFile | undefined;
}

/** A network to be created, as far as a checkpoint can be compared with it. */
export interface StudentArchitecture extends Architecture {
  /** Keys and shapes of its parameters, computed without creating them. */
  shapes: () => Shapes;
}

/** A wide residual network, named like `WRN-16-2`. */
export function wideResNetArchitecture(options: WideResNetOptions): StudentArchitecture {
  const { depth, width, numClasses, sge } = options;
  const shapes = () => wideResNetShapes(options);
  const name = `WRN-${depth}-${width}${nameOf(sge)}`;
  return { name, model: wideResNet(options), numClasses, sge, shapes };
}

/** A residual network, named like `ResNet-18` or `ResNet-18 of width 0.5`. */
export function resNetArchitecture(options: ResNetOptions): StudentArchitecture {
  const { depth, numClasses, sge, stem } = options;
  const shapes = () => resNetShapes(options);
  const small = stem === "small" ? " with a small stem" : "";
  const name = `ResNet-${depth}${ofWidth(options.width)}${small}${nameOf(sge)}`;
  return { name, model: resNet(options), numClasses, sge, shapes };
}

/** A residual network for CIFAR, named like `CIFAR ResNet-20`, `... ResNet-8x4` or by its widths. */
export function cifarResNetArchitecture(options: CifarResNetOptions): StudentArchitecture {
  const { depth, numClasses, sge, widths = standardWidths } = options;
  const shapes = () => cifarResNetShapes(options);
  const known = { "16,16,32,64": "", "32,64,128,256": "x4" }[String(widths)];
  const name = `CIFAR ResNet-${depth}${known ?? ` of widths ${widths.join(", ")}`}${nameOf(sge)}`;
  return { name, model: cifarResNet(options), numClasses, sge, shapes };
}

/** A VGG, named like `VGG-8` or `VGG-8 of width 0.5`. */
export function vggArchitecture(options: VggOptions): StudentArchitecture {
  const { depth, numClasses, width } = options;
  const shapes = () => vggShapes(options);
  return { name: `VGG-${depth}${ofWidth(width)}`, model: vgg(options), numClasses, shapes };
}

function ofWidth(width = 1): string {
  return width === 1 ? "" : ` of width ${width}`;
}

function nameOf(sge: SgeOptions | undefined): string {
  return sge ? ` with SGE in ${sge.groups} groups` : "";
}

/**
 * The network that matches all keys and shapes of the parameters.
 *
 * @param sge the SGE options that parameters do not show.
 * @param source describes the parameters in the message.
 * @param fileKey the key in the file of one of ours, for the message. Default: the same.
 * @throws {UserError} If none matches. The message names the nearest network and the first wrong key.
 */
export function recognize(
  params: Tensors,
  sge: Pick<SgeOptions, "normalize">,
  source: string,
  fileKey: (key: string) => string = (key) => key,
): Architecture {
  const guesses = guessesOf(params, sge);
  const found = guesses.find(({ shapes }) => findMismatch(params, shapes()) === undefined);
  if (found) return found.architecture();
  throw new UserError(
    `Cannot use ${source}: these are no parameters of a network known here (WideResNet, ResNet, ` +
      `VGG): ${describeNearest(params, guesses, fileKey)}`,
  );
}

/** A network similar to the parameters, with sizes taken from the parameters. */
interface Guess {
  name: string;
  shapes: () => Shapes;
  architecture: () => Architecture;
}

function describeNearest(
  params: Tensors,
  guesses: readonly Guess[],
  fileKey: (key: string) => string,
): string {
  const [nearest] = guesses
    .map((guess) => ({ ...guess, score: likeness(params, guess.shapes()) }))
    .toSorted((a, b) => b.score - a.score);
  if (nearest) {
    const inFile = Object.entries(params).map(([key, tensor]) => [fileKey(key), tensor] as const);
    const expected = [...nearest.shapes()].map(([key, shape]) => [fileKey(key), shape] as const);
    const mismatch = findMismatch(Object.fromEntries(inFile), expected);
    return `the nearest is ${nearest.name}, but ${mismatch}`;
  }
  if (Object.keys(params).length === 0) return "there are none at all";
  return `none has such keys; ${findMismatch(params, [])}`;
}

function guessesOf(params: Tensors, normalize: Pick<SgeOptions, "normalize">): Guess[] {
  const guess = <Options extends { sge?: SgeOptions | undefined }>(
    options: Options | undefined,
    architecture: (options: Options) => StudentArchitecture,
  ): Guess[] => {
    if (!options) return [];
    const network = architecture({
      ...options,
      ...(options.sge && { sge: { ...options.sge, ...normalize } }),
    });
    return [{ ...network, architecture: () => network }];
  };
  const folded = guessFoldedResNet(params);
  return [
    ...guess(guessWideResNet(params), wideResNetArchitecture),
    ...guess(guessResNet(params), resNetArchitecture),
    ...guess(guessCifarResNet(params), cifarResNetArchitecture),
    ...guess<VggOptions & { sge?: undefined }>(guessVgg(params), vggArchitecture),
    ...(folded ? [guessedFolded(params, folded)] : []),
  ];
}

function guessedFolded(
  params: Tensors,
  { options, shapes }: NonNullable<ReturnType<typeof guessFoldedResNet>>,
): Guess {
  const { depth, width, numClasses } = options;
  const name = `ResNet-${depth}${ofWidth(width)}, folded`;
  return {
    name,
    shapes: () => shapes,
    architecture: () => ({ name, model: foldedResNet(params), numClasses }),
  };
}
