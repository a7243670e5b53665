/**
 * Boxes around objects, and how much they overlap.
 *
 * @module
 */
import { checkPart } from "../arguments.ts";

/**
 * A box in pixels, `[xmin, ymin, xmax, ymax]`. These are edges: xmax and ymax are after the last pixel,
 * and the width is `xmax - xmin`. The whole image is `[0, 0, width, height]`.
 */
export type BoundingBox = readonly [xmin: number, ymin: number, xmax: number, ymax: number];

/**
 * The intersection of two boxes divided by their union (IoU): from 0 (apart, or only touching) to 1
 * (equal). The order of the boxes does not matter.
 *
 * @throws {RangeError} If the area of a box is zero or not finite.
 *
 * @example
 * ```ts
 * import { intersectionOverUnion } from "@attention-transfer/core";
 *
 * console.log(intersectionOverUnion([0, 0, 2, 2], [0, 0, 2, 1])); // 0.5
 * ```
 */
export function intersectionOverUnion(a: BoundingBox, b: BoundingBox): number {
  const areas = area(a) + area(b);
  const width = Math.min(a[2], b[2]) - Math.max(a[0], b[0]);
  const height = Math.min(a[3], b[3]) - Math.max(a[1], b[1]);
  const shared = Math.max(0, width) * Math.max(0, height);
  return Math.min(1, shared / (areas - shared)); // rounding could exceed 1
}

function area(box: BoundingBox): number {
  const [xmin, ymin, xmax, ymax] = box;
  const area = (xmax - xmin) * (ymax - ymin);
  if (!(xmin < xmax && ymin < ymax && area > 0 && area < Infinity)) {
    throw new RangeError(`A box must have an area: current value is [${box.join(", ")}]`);
  }
  return area;
}

/** The found box and the given boxes of an image. */
export interface Localization {
  /** The box that was found; undefined if there is none. */
  found: BoundingBox | undefined;
  /** The boxes given with the image, at least one. */
  given: readonly BoundingBox[];
}

/** The largest IoU of the found box with a given box; 0 if no box was found. */
export function bestOverlap({ found, given }: Localization): number {
  if (given.length === 0) {
    throw new RangeError("Cannot judge a box: no box is given with the image");
  }
  return found ? Math.max(...given.map((box) => intersectionOverUnion(found, box))) : 0;
}

/**
 * The fraction of images whose box has an IoU of at least a half with one of the given boxes. The
 * localisation task of ImageNet uses the same overlap (Russakovsky et al., arXiv:1409.0575), but there
 * the predicted class also counts.
 *
 * @param least the smallest IoU that counts. Default 0.5.
 * @returns from 0 to 1.
 * @throws {RangeError} If there are no images, one has no given box, or `least` is not from 0 to 1.
 *
 * @example
 * ```ts
 * import { localizationScore } from "@attention-transfer/core";
 *
 * console.log(localizationScore([
 *   { found: [0, 0, 9, 9], given: [[0, 0, 10, 10]] },
 *   { found: [5, 5, 10, 10], given: [[0, 0, 10, 10]] },
 * ])); // 0.5
 * ```
 */
export function localizationScore(images: readonly Localization[], least = 0.5): number {
  if (images.length === 0) throw new RangeError("Cannot score boxes: there is no image");
  checkPart("score boxes by an IoU of", least);
  return images.filter((image) => bestOverlap(image) >= least).length / images.length;
}
