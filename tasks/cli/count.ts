/**
 * Writes numbers of things.
 *
 * @module
 */

/** `1 image`, `2 images`. */
export function count(value: number, noun: string): string {
  return `${value} ${noun}${value === 1 ? "" : "s"}`;
}
