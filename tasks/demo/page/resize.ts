/**
 * Resizes an image as evaluation on ImageNet does: bilinear and antialiased, with the kernel and
 * borders of Pillow.
 *
 * @module
 */
import type { View } from "../../../lib/images/view.ts";

/** An image as a canvas holds it. */
export interface Rgba {
  /** `[height * width * 4]`, row-major: red, green, blue, opacity. */
  readonly data: ArrayLike<number>;
  readonly height: number;
  readonly width: number;
}

/**
 * The part of an image that a view shows.
 *
 * @param view From `centerView()` of this image.
 * @param size Height and width of the result.
 * @returns `[size * size * 3]`, row-major: red, green and blue from 0 to 255, not rounded.
 */
export function resized(image: Rgba, view: View, size: number): Float32Array {
  const { resized, top = 0, left = 0 } = view;
  const rows = windows(image.height, resized.height, top, size);
  const columns = windows(image.width, resized.width, left, size);
  const pixels = new Float32Array(size * size * 3);
  // An original row is resized once, though several new rows need it.
  const known = new Map<number, Float32Array>();
  rows.forEach(({ first, weights }, y) => {
    for (const row of known.keys()) if (row < first) known.delete(row);
    weights.forEach((weight, i) => {
      const row = first + i;
      const values = known.get(row) ?? resizedRow(image, row, columns);
      known.set(row, values);
      for (let x = 0; x < values.length; x++) {
        const at = y * values.length + x;
        pixels[at] = (pixels[at] as number) + weight * (values[x] as number);
      }
    });
  });
  return pixels;
}

/** The original positions that make up a new one, and how much each of them counts. */
interface Window {
  readonly first: number;
  readonly weights: readonly number[];
}

/** The window of each of `count` new positions, from `start` on, along an axis. */
function windows(from: number, to: number, start: number, count: number): Window[] {
  const step = from / to;
  const radius = Math.max(step, 1);
  return Array.from({ length: count }, (_, i) => {
    const centre = (start + i + 0.5) * step;
    const first = Math.max(Math.ceil(centre - radius - 0.5), 0);
    const last = Math.min(Math.floor(centre + radius - 0.5), from - 1);
    const weights = Array.from(
      { length: last - first + 1 },
      (_, j) => 1 - Math.abs(first + j + 0.5 - centre) / radius,
    );
    const sum = weights.reduce((a, b) => a + b, 0);
    return { first, weights: weights.map((weight) => weight / sum) };
  });
}

function resizedRow(
  { data, width }: Rgba,
  row: number,
  columns: readonly Window[],
): Float32Array {
  const values = new Float32Array(columns.length * 3);
  columns.forEach(({ first, weights }, x) => {
    for (let channel = 0; channel < 3; channel++) {
      let sum = 0;
      for (let i = 0; i < weights.length; i++) {
        sum += (weights[i] as number) * (data[(row * width + first + i) * 4 + channel] as number);
      }
      values[x * 3 + channel] = sum;
    }
  });
  return values;
}
