/**
 * The colours of heat maps. Also runs in browsers.
 *
 * @module
 */
import { type MapSize, resizeMap } from "../../lib/localization/resize_map.ts";
import type { PlainMap } from "./look.ts";

/** Ten colours of matplotlib's inferno, from lowest to highest. */
export const heatColors = [
  ...["#000004", "#1b0c41", "#4a0c6b", "#781c6d", "#a52c60"],
  ...["#cf4446", "#ed6925", "#fb9b06", "#f7d13d", "#fcffa4"],
];

/** Opacity of the heat map, out of 255. */
const opacity = 160;

/** A colour for each of 256 values, `[256][4]`: red, green, blue and opacity. */
export const palette: number[][] = Array.from({ length: 256 }, (_, value) => {
  const position = value / 255 * (heatColors.length - 1);
  const low = Math.min(Math.floor(position), heatColors.length - 2);
  const [from, to] = [rgb(heatColors[low] as string), rgb(heatColors[low + 1] as string)];
  const mixed = from.map((start, i) => start + ((to[i] as number) - start) * (position - low));
  return [...mixed.map(Math.round), opacity];
});

function rgb(color: string): number[] {
  return [1, 3, 5].map((at) => parseInt(color.slice(at, at + 2), 16));
}

/** Maps are resized to at most this: browsers enlarge them as smoothly, and the page is smaller. */
const heatSide = 112;

/**
 * A map as colours, from its lowest value (dark) to its highest (bright), resized bilinearly. A map
 * of equal values is dark.
 *
 * @param imageSize The size of the image under it.
 * @returns Indices into the {@linkcode palette}, `[height * width]`, row-major.
 */
export function heatLevels(map: PlainMap, imageSize: MapSize) {
  const [height, width] = imageSize.map((side, axis) =>
    Math.max(map.size[axis] as number, Math.min(side, heatSide))
  ) as [number, number];
  const resized = resizeMap(map.values, map.size, [height, width]);
  const least = resized.reduce((a, b) => Math.min(a, b));
  const range = resized.reduce((a, b) => Math.max(a, b)) - least;
  const levels = Uint8Array.from(
    resized,
    (value) => range > 0 ? 255 * (value - least) / range : 0,
  );
  return { levels, height, width };
}
