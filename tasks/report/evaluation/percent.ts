/**
 * Writes shares for people.
 *
 * @module
 */

/** `71.2%`; a dash if there is none. */
export function percent(share: number | undefined): string {
  return share === undefined ? "–" : `${(100 * share).toFixed(1)}%`;
}

/** `+1.3` or `-0.2`: a difference of shares in percentage points. */
export function points(difference: number): string {
  const text = (100 * difference).toFixed(1);
  if (Number(text) === 0) return "0.0";
  return difference > 0 ? `+${text}` : text.replace("-", "−");
}
