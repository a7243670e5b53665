/**
 * Finds an object by where a network looks: the box around the brightest part of a map.
 *
 * @module
 */
import { checkOptions } from "../arguments.ts";
import type { BoundingBox } from "./box.ts";
import { type MapSize, resizeMap } from "./resize_map.ts";

/** Options of {@linkcode attentionBox}. */
export interface AttentionBoxOptions {
  /**
   * The smallest value of the object, as a fraction of the map's maximum; above 0, at most 1.
   *
   * @default 0.2
   */
  threshold?: number;
  /** The height and width of the image, in pixels. */
  size: MapSize;
}

/**
 * The box around the largest region that a network attends to. The map is resized to the image
 * (bilinear), and positions of at least `threshold` times its maximum are kept. The box encloses the
 * largest set of these that is connected by sides. If sets are equally large, the first one from the
 * top wins, then from the left.
 *
 * The rule and its threshold of 20% come from class activation mapping (Zhou et al., arXiv:1512.04150).
 * Attention maps (arXiv:1612.03928) do not depend on a class: the box encloses whatever the network
 * attends to. That paper mentions weakly-supervised localisation as future work, without a rule.
 *
 * @param map an attention map `[H * W]`, row-major, without negative values. Its scale does not matter.
 * @param mapSize its height and width, `[H, W]`.
 * @returns the box in pixels of the image, with edges like {@linkcode BoundingBox}; undefined if the
 * map is 0 everywhere.
 * @throws {RangeError} If the map has a value that is negative or not finite, or does not have H * W
 * values, or if the threshold is out of range.
 *
 * @example
 * ```ts
 * import { attentionBox } from "@attention-transfer/core";
 *
 * const map = new Float32Array([0, 0, 0, 0, 0, 5, 9, 0, 0, 4, 6, 0, 0, 0, 0, 0]);
 * console.log(attentionBox(map, [4, 4], { threshold: 0.4, size: [4, 4] })); // [1, 1, 3, 3]
 * ```
 */
export function attentionBox(
  map: Float32Array,
  mapSize: MapSize,
  options: AttentionBoxOptions,
): BoundingBox | undefined {
  checkOptions("attentionBox", options, { threshold: true, size: true });
  const { threshold = 0.2, size } = options;
  if (!(threshold > 0 && threshold <= 1)) {
    throw new RangeError(`threshold must be above 0 and at most 1: current value is ${threshold}`);
  }
  const wrong = map.find((value) => !(value >= 0 && value < Infinity));
  if (wrong !== undefined) {
    throw new RangeError(`A map must be of finite values of at least 0: one of them is ${wrong}`);
  }
  const resized = resizeMap(map, mapSize, size);
  const most = resized.reduce((a, b) => Math.max(a, b), 0);
  if (most === 0) return undefined;
  return largestComponent(resized.map((value) => value >= threshold * most ? 1 : 0), size);
}

/** The box around the largest set of ones that are connected by their sides. */
function largestComponent(mask: Float32Array, [height, width]: MapSize): BoundingBox | undefined {
  const isNew = Uint8Array.from(mask);
  let largest: { count: number; box: BoundingBox } | undefined;
  for (let start = 0; start < isNew.length; start++) {
    if (!isNew[start]) continue;
    let [count, xmin, ymin, xmax, ymax] = [0, width, height, 0, 0];
    const pending = [start];
    isNew[start] = 0;
    for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
      const [x, y] = [at % width, Math.floor(at / width)];
      count++;
      [xmin, ymin] = [Math.min(xmin, x), Math.min(ymin, y)];
      [xmax, ymax] = [Math.max(xmax, x + 1), Math.max(ymax, y + 1)];
      const beside = [
        ...(x > 0 ? [at - 1] : []),
        ...(x < width - 1 ? [at + 1] : []),
        at - width,
        at + width,
      ];
      for (const next of beside) {
        if (!isNew[next]) continue;
        isNew[next] = 0;
        pending.push(next);
      }
    }
    if (count > (largest?.count ?? 0)) largest = { count, box: [xmin, ymin, xmax, ymax] };
  }
  return largest?.box;
}
