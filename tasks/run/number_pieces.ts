/**
 * Numbers as float32 pieces, so that tensors can carry them without loss.
 *
 * @module
 */

/** Three float32 numbers whose sum is the number, if its size is that of a float32. */
export function toPieces(value: number): [number, number, number] {
  const high = Math.fround(value);
  if (!Number.isFinite(high)) return [high, 0, 0];
  const middle = Math.fround(value - high);
  return [high, middle, value - high - middle];
}

/** The numbers of pieces that {@linkcode toPieces} made. */
export function fromPieces(pieces: readonly number[]): number[] {
  return Array.from(
    { length: pieces.length / 3 },
    (_, i) => pieces[3 * i]! + (pieces[3 * i + 1]! + pieces[3 * i + 2]!),
  );
}
