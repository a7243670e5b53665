/**
 * The result types and errors of the header readers.
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

/** The facts that decide whether to decode a file. */
export interface ImageFrame extends ImageSize {
  /** The minimum size of the pixels in the file, in bytes. */
  readonly leastBytes: number;
  /** How many times the decoder processes all pixels. */
  readonly passes: number;
}

/** An image cannot be used. The message is a few words, such as `the file is empty`. */
export class BrokenImageError extends Error {
  /** Always `"BrokenImageError"`. */
  override name = "BrokenImageError";
}

/** The message for a file that ends too early. */
export const cutShort = "the file is cut short";

export function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}
