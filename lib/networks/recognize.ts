/**
 * The known networks, and how to recognise them by their parameters.
 *
 * @module
 */
import { UserError } from "../errors.ts";
import { findMismatch, likeness, type Shapes, type Tensors } from "../params.ts";
import {
  foldedResNet,
  foldedResNetOptions,
  guessFoldedResNet,
} from "../../models/folded_res_net.ts";
import type { Model } from "../../models/model.ts";
import {
  guessResNet,
  resNet,
  type ResNetOptions,
  resNetOptions,
  resNetShapes,
} from "../../models/res_net.ts";
import type { SgeOptions } from "../../models/spatial_group_enhance.ts";
import {
  guessWideResNet,
  wideResNet,
  type WideResNetOptions,
  wideResNetOptions,
  wideResNetShapes,
} from "../../models/wide_resnet.ts";

/** A network without its parameters. */
export interface Architecture {
  /** For example `WRN-16-2`. */
  name: string;
  model: Model;
  numClasses: number;
  sge?: SgeOptions | undefined;
  /** The file of a network of the user's own, without its folder. */
  own?: string | undefined;
}

/** A network to be created, as far as a checkpoint can be compared with it. */
export interface StudentArchitecture extends Architecture {
  /** Keys and shapes of its parameters, computed without creating them. */
  shapes: () => Shapes;
}

/** A wide residual network, named like `WRN-16-2`. */
export function wideResNetArchitecture(options: WideResNetOptions): StudentArchitecture {
  const { numClasses, sge } = options;
  const shapes = () => wideResNetShapes(options);
  return { name: wideResNetName(options), model: wideResNet(options), numClasses, sge, shapes };
}

/** A residual network, named like `ResNet-18` or `ResNet-18 of width 0.5`. */
export function resNetArchitecture(options: ResNetOptions): StudentArchitecture {
  const { numClasses, sge } = options;
  const shapes = () => resNetShapes(options);
  return { name: resNetName(options), model: resNet(options), numClasses, sge, shapes };
}

function wideResNetName({ depth, width, sge }: Omit<WideResNetOptions, "numClasses">): string {
  return `WRN-${depth}-${width}${nameOf(sge)}`;
}

function resNetName(
  { depth, width = 1, sge }: {
    depth: number;
    width?: number | undefined;
    sge?: SgeOptions | undefined;
  },
): string {
  return `ResNet-${depth}${width === 1 ? "" : ` of width ${width}`}${nameOf(sge)}`;
}

function nameOf(sge: SgeOptions | undefined): string {
  return sge ? ` with SGE in ${sge.groups} groups` : "";
}

/**
 * The network that matches all keys and shapes of the parameters.
 *
 * @param sge the SGE options that parameters do not show.
 * @param source describes the parameters in the message.
 * @throws {UserError} If none matches. The message names the nearest network and the first wrong key.
 */
export function recognize(
  params: Tensors,
  sge: Pick<SgeOptions, "normalize">,
  source: string,
): Architecture {
  const wide = wideResNetOptions(params);
  if (wide) return wideResNetArchitecture({ ...wide, sge: wide.sge && { ...wide.sge, ...sge } });
  const plain = resNetOptions(params);
  if (plain) return resNetArchitecture({ ...plain, sge: plain.sge && { ...plain.sge, ...sge } });
  const folded = foldedResNetOptions(params);
  if (folded) {
    const { numClasses } = folded;
    return { name: `${resNetName(folded)}, folded`, model: foldedResNet(params), numClasses };
  }
  throw new UserError(
    `Cannot use ${source}: these are no parameters of a network known here (WideResNet, ResNet): ` +
      describeNearest(params),
  );
}

function describeNearest(params: Tensors): string {
  const [nearest] = guesses(params)
    .map((guess) => ({ ...guess, score: likeness(params, guess.shapes) }))
    .toSorted((a, b) => b.score - a.score);
  if (nearest) {
    return `the nearest is ${nearest.name}, but ${findMismatch(params, nearest.shapes)}`;
  }
  if (Object.keys(params).length === 0) return "there are none at all";
  return `none has such keys; ${findMismatch(params, [])}`;
}

/** Networks similar to the parameters, with sizes taken from the parameters. */
function guesses(params: Tensors): { name: string; shapes: Shapes }[] {
  const [wide, plain] = [guessWideResNet(params), guessResNet(params)];
  const folded = guessFoldedResNet(params);
  return [
    ...(wide ? [{ name: wideResNetName(wide), shapes: [...wideResNetShapes(wide)] }] : []),
    ...(plain ? [{ name: resNetName(plain), shapes: [...resNetShapes(plain)] }] : []),
    ...(folded ? [{ name: `${resNetName(folded.options)}, folded`, shapes: folded.shapes }] : []),
  ];
}
