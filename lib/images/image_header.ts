/**
 * Reads the format and size of an image from the start of its file.
 *
 * @module
 */
import { BrokenImageError, type ImageFrame, type ImageSize } from "./image_frame.ts";
import { jpegStart, readJpegFrame } from "./jpeg_header.ts";
import { pngStart, readPngFrame } from "./png_header.ts";

/** What is known about an image without decoding it. */
export interface ImageHeader extends ImageSize {
  readonly format: "jpeg" | "png";
}

export { BrokenImageError, type ImageSize };

/** The maximum size of a file to decode, in bytes. Photographs have a few million. */
export const mostImageBytes: number = 2 ** 28;

/** 8192 squared. No photograph of ImageNet has more. Decoding takes several bytes per pixel. */
export const defaultMaxPixels: number = 2 ** 26;

/** TensorFlow's limit. Pillow treats larger images as an attack. */
export const mostPixels: number = 178_956_970;

/** Limits the memory for resizing, which widens a narrow image in between. */
const maxRatio = 100;
/** The number of scans in libjpeg's progressive files, so that a largest image may be progressive. */
const passesOfMostPixels = 10;

/**
 * Reads the header of a JPEG or PNG, whatever the file's name. Checks that its number of pixels is
 * allowed and possible for the file's length, and that the decoder need not process them too often.
 * Also checks that a JPEG has an end marker, because a cut-off one would be decoded partly.
 *
 * @param maxPixels the maximum number of pixels of an image.
 * @throws {BrokenImageError} If it has another format, is cut off, or has no pixels or far too many.
 */
export function readImageHeader(
  bytes: Uint8Array,
  maxPixels: number = defaultMaxPixels,
): ImageHeader {
  if (bytes.length === 0) throw new BrokenImageError("the file is empty");
  const format = startsWith(bytes, jpegStart)
    ? "jpeg"
    : startsWith(bytes, pngStart)
    ? "png"
    : undefined;
  if (format === undefined) throw new BrokenImageError(describeOther(bytes));
  const frame = format === "jpeg" ? readJpegFrame(bytes) : readPngFrame(bytes);
  checkSize(frame, bytes.length, maxPixels);
  return { format, height: frame.height, width: frame.width };
}

function startsWith(bytes: Uint8Array, start: readonly number[]): boolean {
  return start.every((byte, i) => bytes[i] === byte);
}

/** Other common image formats, by their first bytes as Latin-1. */
const otherFormats: readonly (readonly [RegExp, string])[] = [
  [/^RIFF.{4}WEBP/s, "a WebP"],
  [/^GIF8/, "a GIF"],
  [/^BM.{4}\0{4}/s, "a BMP"],
  [/^(II\*\0|MM\0\*)/, "a TIFF"],
  [/^.{4}ftyp(avi[fs])/s, "an AVIF"],
  [/^.{4}ftyp(hei[cx]|mif1|msf1)/s, "a HEIC"],
];

function describeOther(bytes: Uint8Array): string {
  const start = String.fromCharCode(...bytes.subarray(0, 16));
  const [, other] = otherFormats.find(([pattern]) => pattern.test(start)) ?? [];
  return other === undefined
    ? "neither a JPEG nor a PNG"
    : `it is ${other}, and neither a JPEG nor a PNG`;
}

function checkSize(frame: ImageFrame, length: number, maxPixels: number): void {
  const { height, width, leastBytes, passes } = frame;
  if (height === 0 || width === 0) throw new BrokenImageError("it has no pixels");
  const pixels = `its ${width} x ${height} pixels are more than`;
  if (height * width > mostPixels) throw new BrokenImageError(`${pixels} ${mostPixels}`);
  if (leastBytes > length) throw new BrokenImageError(`${pixels} ${length} bytes can hold`);
  if (height * width > maxPixels) {
    throw new BrokenImageError(`${pixels} ${maxPixels}; the option maxPixels allows more`);
  }
  if (Math.max(height, width) > maxRatio * Math.min(height, width)) {
    throw new BrokenImageError(
      `of ${width} x ${height} pixels, one is over ${maxRatio} times the other`,
    );
  }
  if (passes * height * width > passesOfMostPixels * maxPixels) {
    throw new BrokenImageError(
      `its ${passes} scans of ${width} x ${height} pixels are more than ${passesOfMostPixels} of ` +
        `${maxPixels}; the option maxPixels allows more`,
    );
  }
}
