/**
 * Draws an image and, beside it, the maps of some networks.
 *
 * @module
 */
import type { BoundingBox } from "../../lib/localization/box.ts";
import { element, escaped, line } from "./svg.ts";

/** A drawing for a page. */
export interface Drawing {
  /** SVG elements. */
  content: string;
  width: number;
  height: number;
  /** The caption below it. */
  caption: string;
}

/** An image with a map over it. */
export interface Cell {
  /** The label above it. */
  label: string;
  /** The alternative text. */
  alt: string;
  /** The map, as a picture over the image. */
  heat: string;
  /** The box found from the map, in pixels of the image. */
  found?: BoundingBox | undefined;
  /** True to draw the given boxes too. */
  showsGiven?: boolean;
}

/** Rows of maps, with a title. */
interface Block {
  title: string;
  lines: readonly (readonly Cell[])[];
}

/** An image and the maps of some networks. */
interface Figure {
  /** The ID of the image element, unique on the page. */
  id: string;
  caption: string;
  photo: { uri: string; label: string; alt: string; width: number; height: number };
  /** The given boxes of the image. */
  given: readonly BoundingBox[];
  blocks: readonly Block[];
}

const side = 144;
const gap = 14;
const labelHeight = 20;
const titleHeight = 26;
const cellHeight = labelHeight + side + gap;
const blocksLeft = side + 2 * gap;
/** Approximate width of a letter in titles. */
const letter = 7.4;

export function drawFigure({ id, caption, photo, given, blocks }: Figure): Drawing {
  const frame = { width: photo.width, height: photo.height, id };
  const picture = element("image", {
    id,
    width: side,
    height: side,
    href: photo.uri,
    ...(photo.width < side && { style: "image-rendering: pixelated" }),
  });
  const parts = [
    element("defs", {}, picture),
    line(photo.label, 0, titleHeight + labelHeight - 6, "ink"),
    drawCell(frame, 0, titleHeight + labelHeight, photo.alt, boxes(frame, given, "given")),
  ];
  let [y, width] = [0, blocksLeft];
  for (const { title, lines } of blocks) {
    parts.push(line(title, blocksLeft, y + titleHeight - 8, "title"));
    width = Math.max(width, blocksLeft + letter * title.length);
    y += titleHeight;
    for (const cells of lines) {
      for (const [column, cell] of cells.entries()) {
        const x = blocksLeft + column * (side + gap);
        const over = [
          element("image", { width: side, height: side, href: cell.heat }),
          boxes(frame, cell.showsGiven ? given : [], "given"),
          boxes(frame, cell.found ? [cell.found] : [], "found"),
        ];
        parts.push(
          line(cell.label, x, y + labelHeight - 6, "faint"),
          drawCell(frame, x, y + labelHeight, cell.alt, ...over),
        );
        width = Math.max(width, x + side);
      }
      y += cellHeight;
    }
  }
  return {
    content: parts.join("\n"),
    width,
    height: Math.max(y, titleHeight + cellHeight),
    caption,
  };
}

/** The image under a map: its width and height before it is scaled, and the ID of its element. */
interface Frame {
  width: number;
  height: number;
  id: string;
}

function drawCell({ id }: Frame, x: number, y: number, alt: string, ...over: string[]): string {
  return element(
    "g",
    { role: "img", transform: `translate(${x} ${y})` },
    element("title", {}, escaped(alt)),
    element("use", { href: `#${id}` }),
    ...over,
  );
}

/** Draws a light line on a dark one, which is visible on any picture. */
function boxes(
  { width, height }: Frame,
  all: readonly BoundingBox[],
  kind: "given" | "found",
): string {
  return all.flatMap(([xmin, ymin, xmax, ymax]) => {
    const place = {
      x: xmin * side / width,
      y: ymin * side / height,
      width: (xmax - xmin) * side / width,
      height: (ymax - ymin) * side / height,
    };
    return ["under", kind].map((style) => element("rect", { ...place, class: style }));
  }).join("");
}

/** A drawing as a figure of a page, which scrolls with the keyboard too. */
export function figureHtml({ content, width, height, caption }: Drawing, more = ""): string {
  const viewBox = `0 0 ${width.toFixed(2)} ${height.toFixed(2)}`;
  return element(
    "figure",
    { tabindex: 0 },
    element("svg", { width, height, viewBox }, content),
    element("figcaption", {}, escaped(caption + more)),
  );
}
