/**
 * What the readers of files share that may be damaged or hostile.
 *
 * @module
 */

/**
 * The most bytes that the arrays of a file may have: zeros pack well and parameters do not, and no file
 * of parameters is many times its size.
 */
export function memoryLimit(bytes: Uint8Array): number {
  return 8 * bytes.length + 2 ** 24;
}

/** Bytes as text, a character each: for signatures, and to show how a file begins. */
export function latin1(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}
