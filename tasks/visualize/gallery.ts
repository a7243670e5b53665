/**
 * Turns what networks compute for images into drawings.
 *
 * @module
 */
import { attentionBox } from "../../lib/localization/attention_box.ts";
import { bestOverlap, type Localization } from "../../lib/localization/box.ts";
import { type Cell, drawFigure, type Drawing } from "./figure.ts";
import type { Look, PlainMap } from "./look.ts";
import type { Picture } from "./pictures.ts";
import { heatUri, photoUri } from "./png.ts";

/** A network and its results for an image. */
export interface Seen {
  title: string;
  look: Look;
  /** The numbers of the groups to show. */
  groups: readonly number[];
  /** The names of its classes; empty if they differ from those of the image's data set. */
  classes: readonly string[];
  /** The object box found from the map of the last shown group. */
  localization: Localization;
}

/** Locates the object of a picture with the map of the last of some groups. */
export function localize(
  { maps }: Look,
  groups: readonly number[],
  { size, boxes }: Picture,
  threshold: number,
): Localization {
  const { values, size: mapSize } = maps[groups.at(-1) as number] as PlainMap;
  return { found: attentionBox(values, mapSize, { threshold, size }), given: boxes };
}

/**
 * Draws a picture with the results of each network.
 *
 * @param index The picture's number on the page.
 * @param classes The class names of the data set.
 */
export function drawPicture(
  index: number,
  picture: Picture,
  networks: readonly Seen[],
  classes: readonly string[],
): Drawing {
  const { name, pixels, size, label, boxes } = picture;
  const truth = label === undefined ? "" : `: ${className(label, classes)}`;
  return drawFigure({
    id: `photo${index}`,
    caption: `${name}${truth}`,
    photo: {
      uri: photoUri(pixels, size),
      label: label === undefined ? "the image" : className(label, classes),
      alt: `${name}${truth}${boxes.length > 0 ? `, with ${boxes.length} given boxes` : ""}`,
      height: size[0],
      width: size[1],
    },
    given: boxes,
    blocks: networks.map((seen) => ({
      title: `${seen.title}: ${prediction(seen, label)}`,
      lines: linesOf(seen, picture),
    })),
  });
}

function prediction({ look, classes }: Seen, label: number | undefined): string {
  const { predicted, probability } = look;
  const isJudged = label !== undefined && classes.length > 0;
  const judged = isJudged ? predicted === label ? ", right" : ", wrong" : "";
  return `${className(predicted, classes)} ${(100 * probability).toFixed(1)}%${judged}`;
}

function className(label: number, classes: readonly string[]): string {
  return classes[label] ?? `class ${label}`;
}

const gateRows = [
  ["before", "norm before gate", "norm of the features before the gate"],
  ["gate", "gate", "gate"],
  ["after", "norm after gate", "norm of the features after the gate"],
] as const;

function linesOf({ title, look, groups, localization }: Seen, { size, name, boxes }: Picture) {
  const cell = (label: string, what: string, map: PlainMap): Cell => ({
    label,
    alt: `${what} of ${title} over ${name}`,
    heat: heatUri(map, size),
  });
  const sizeOf = ({ size: [height, width] }: PlainMap) => `${height} × ${width}`;
  const maps = groups.map((group, i) => {
    const map = look.maps[group] as PlainMap;
    const plain = cell(`group ${group}, ${sizeOf(map)}`, `attention map of group ${group}`, map);
    if (boxes.length === 0 || i < groups.length - 1) return plain;
    const overlap = bestOverlap(localization).toFixed(2);
    return {
      ...plain,
      label: `group ${group}, IoU ${overlap}`,
      alt: `${plain.alt}, its box overlaps a given one by ${overlap}`,
      found: localization.found,
      showsGiven: true,
    };
  });
  const gradient = cell("gradient |J|", "absolute gradient of the loss", look.gradient);
  const gates = gateRows.map(([key, label, what]) =>
    groups.flatMap((group) => {
      const gate = look.gates[group];
      if (!gate) return [];
      const range = key === "gate" ? `: ${rangeOf(gate.gate)}` : "";
      return [cell(`${label} ${group}${range}`, `${what} of group ${group}`, gate[key])];
    })
  );
  return [[...maps, gradient], ...gates.filter((cells) => cells.length > 0)];
}

function rangeOf({ values }: PlainMap): string {
  const [least, most] = [Math.min, Math.max].map((pick) => values.reduce((a, b) => pick(a, b)));
  return `${least?.toFixed(3)} to ${most?.toFixed(3)}`;
}
