/**
 * The median.
 *
 * @module
 */

/** The middle of some numbers, or the mean of the two in the middle; NaN of none, and where one is NaN. */
export function median(values: readonly number[] = []): number {
  if (values.some(Number.isNaN)) return NaN; // which has no place in an order
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const [low, high] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]];
  return low === undefined || high === undefined ? NaN : (low + high) / 2;
}
