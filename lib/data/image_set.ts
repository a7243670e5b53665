/**
 * The data set type of the library: images and labels in two flat arrays.
 *
 * @module
 */

/** Labelled images of one size. */
export interface ImageSet {
  /** Pixels `[N, H, W, C]`, row-major, 0 to 255. */
  readonly images: Uint8Array;
  /** Classes `[N]`, each in `[0, classes.length)`. */
  readonly labels: Int32Array;
  /** The number of images, `N`. */
  readonly size: number;
  /** The height of an image in pixels, `H`. */
  readonly height: number;
  /** The width of an image in pixels, `W`. */
  readonly width: number;
  /** The number of colour channels, `C`; three channels are red, green and blue. */
  readonly channels: number;
  /** The name of each class. */
  readonly classes: readonly string[];
}
