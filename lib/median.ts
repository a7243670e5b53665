/**
 * The median.
 *
 * @module
 */

/** The median: the middle number, or the mean of the two middle ones. NaN if empty, or if one is NaN. */
export function median(values: readonly number[] = []): number {
  if (values.some(Number.isNaN)) return NaN; // NaN cannot be sorted
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const [low, high] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]];
  return low === undefined || high === undefined ? NaN : (low + high) / 2;
}
