/**
 * Draws an image, and maps over it, on canvases.
 *
 * @module
 */
/// <reference lib="dom" />
import type { MapSize } from "../../../lib/localization/resize_map.ts";
import { heatLevels, palette } from "../../visualize/heat.ts";
import type { PlainMap } from "../../visualize/look.ts";

/** A picture, with a map over it if there is one. */
export interface Picture {
  /** `[H * W * 3]`, 0 to 255. */
  readonly pixels: Float32Array;
  readonly size: MapSize;
  readonly map?: PlainMap;
  /** What a reader without the picture is told. */
  readonly alt: string;
  readonly caption: string;
}

/** Smaller images are shown with their pixels as squares, as in the pages of `visualize`. */
const smooth = 144;

/** A figure of a picture. */
export function figureOf({ pixels, size, map, alt, caption }: Picture): HTMLElement {
  const box = document.createElement("div");
  box.className = "picture";
  box.setAttribute("role", "img");
  box.setAttribute("aria-label", alt);
  const photo = drawn(size, (i) => [0, 1, 2].map((c) => pixels[3 * i + c] as number).concat(255));
  photo.className = size[1] < smooth ? "photo squares" : "photo";
  box.append(photo);
  if (map) {
    const { levels, height, width } = heatLevels(map, size);
    box.append(drawn([height, width], (i) => palette[levels[i] as number] as number[]));
  }
  const figure = document.createElement("figure");
  const text = document.createElement("figcaption");
  text.textContent = caption;
  figure.append(box, text);
  return figure;
}

/** A canvas with a colour for each pixel. */
function drawn([height, width]: MapSize, color: (index: number) => number[]): HTMLCanvasElement {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [width, height];
  const data = new Uint8ClampedArray(height * width * 4);
  for (let i = 0; i < height * width; i++) data.set(color(i), 4 * i);
  canvas.getContext("2d")?.putImageData(new ImageData(data, width, height), 0, 0);
  return canvas;
}
