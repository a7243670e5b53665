/**
 * What the readers of headers give, and how they refuse a file.
 *
 * @module
 */

/** The height and width of an image, in pixels. */
export interface ImageSize {
  /** The number of rows. */
  readonly height: number;
  /** The number of columns. */
  readonly width: number;
}

/** What decides whether a file is worth decoding. */
export interface ImageFrame extends ImageSize {
  /** How many bytes its pixels take in a file at least. */
  readonly leastBytes: number;
  /** How often the decoder goes over all pixels. */
  readonly passes: number;
}

/** Says why an image cannot be used; the message is a few words such as `the file is empty`. */
export class BrokenImageError extends Error {
  /** Always `"BrokenImageError"`. */
  override name = "BrokenImageError";
}

/** What a file says of itself that ends before it should. */
export const cutShort = "the file is cut short";

/** The numbers in bytes. */
export function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}
