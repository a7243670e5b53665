/**
 * The order of names by Unicode code points, which Python sorts by.
 *
 * @module
 */

/**
 * Compares two texts by their code points. JavaScript's own order goes by halves of surrogate pairs, and
 * puts an emoji before `\uff01`.
 */
export function byCodePoint(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const [x, y] = [a.charCodeAt(i), b.charCodeAt(i)];
    if (x !== y) return rank(x) - rank(y);
  }
  return a.length - b.length;
}

/** Surrogates stand for code points beyond all that have a unit of their own. */
function rank(unit: number): number {
  if (unit >= 0xe000) return unit - 0x800;
  return unit >= 0xd800 ? unit + 0x2000 : unit;
}
