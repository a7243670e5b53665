/**
 * Encodes images and heat maps as PNG for a page.
 *
 * @module
 */
import { encode, type ImageData } from "fast-png";
import type { MapSize } from "../../lib/localization/resize_map.ts";
import { heatLevels, palette } from "./heat.ts";
import type { PlainMap } from "./look.ts";

/** An image as a `data:` URL. */
export function photoUri(pixels: Float32Array, [height, width]: MapSize): string {
  return dataUri({ data: Uint8Array.from(pixels, Math.round), height, width, channels: 3 });
}

/** A translucent picture of a map as a `data:` URL; see {@linkcode heatLevels}. */
export function heatUri(map: PlainMap, imageSize: MapSize): string {
  const { levels: data, height, width } = heatLevels(map, imageSize);
  return dataUri({ data, height, width, channels: 1, palette });
}

function dataUri(image: ImageData): string {
  return `data:image/png;base64,${encode(image, { zlib: { level: 9 } }).toBase64()}`;
}
