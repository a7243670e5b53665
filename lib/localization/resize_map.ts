/**
 * Resizes maps given as plain arrays.
 *
 * @module
 */

/** The height and width of a map. */
export type MapSize = readonly [height: number, width: number];

/**
 * Resizes a map bilinearly with half-pixel centres, like `F.interpolate(align_corners=False)`. Beyond
 * the outermost centres, values stay constant.
 *
 * @param map `[H * W]`, row-major.
 * @returns `[height * width]`, row-major.
 * @throws {RangeError} If a side is not an integer of 1 or more, or the map does not have H * W values.
 */
export function resizeMap(map: Float32Array, from: MapSize, to: MapSize): Float32Array {
  for (const side of [...from, ...to]) {
    if (!Number.isInteger(side) || side < 1) {
      throw new RangeError(
        `Cannot resize a map from [${from}] to [${to}]: the sides must be whole numbers of 1 or more`,
      );
    }
  }
  if (map.length !== from[0] * from[1]) {
    throw new RangeError(`A map [${from}] must have that many values: it has ${map.length}`);
  }
  const [rows, columns] = [neighbours(from[0], to[0]), neighbours(from[1], to[1])];
  const resized = new Float32Array(to[0] * to[1]);
  let next = 0;
  for (const { low: top, high: bottom, fraction: down } of rows) {
    for (const { low: left, high: right, fraction: across } of columns) {
      const at = (row: number, column: number) => map[row * from[1] + column] as number;
      const above = at(top, left) * (1 - across) + at(top, right) * across;
      const below = at(bottom, left) * (1 - across) + at(bottom, right) * across;
      resized[next++] = above * (1 - down) + below * down;
    }
  }
  return resized;
}

/** For each new position along an axis, its two old neighbours and the fraction between them. */
function neighbours(from: number, to: number) {
  return Array.from({ length: to }, (_, i) => {
    const position = Math.min(Math.max((i + 0.5) * from / to - 0.5, 0), from - 1);
    const low = Math.floor(position);
    return { low, high: Math.min(low + 1, from - 1), fraction: position - low };
  });
}
