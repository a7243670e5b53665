/**
 * What the first bytes of an image file say: its format and its size.
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

/** What can be known of an image without decoding it. */
export interface ImageHeader extends ImageSize {
  readonly format: "jpeg" | "png";
}

/** Says why an image cannot be used; the message is a few words such as `the file is empty`. */
export class BrokenImageError extends Error {
  /** Always `"BrokenImageError"`. */
  override name = "BrokenImageError";
}

/** The most bytes of a file that is decoded: photographs have a few millions. */
export const MOST_IMAGE_BYTES: number = 2 ** 28;

/** Pillow's limit, beyond which it takes an image for an attack on the memory. */
const maxPixels = 178_956_970;
/** Resizing makes a narrow image broad on the way: this bounds how much memory that takes. */
const maxRatio = 100;
/** Every scan is a pass over all pixels, however few bytes it has. libjpeg writes 10 of them at most. */
const maxScans = 100;
/** Bytes that deflate makes of one byte at most. */
const deflateRatio = 1032;

/**
 * Reads the header of a JPEG or a PNG, whatever the file's name, and checks that its pixels are no more
 * than a file of this length can hold, and that a JPEG has an end: its pixels could be decoded up to
 * where it is cut short.
 *
 * @throws {BrokenImageError} where it is neither, is cut short, or has no pixels or far too many.
 */
export function readImageHeader(bytes: Uint8Array): ImageHeader {
  if (bytes.length === 0) throw new BrokenImageError("the file is empty");
  if (startsWith(bytes, jpegStart)) return readJpegHeader(bytes);
  if (startsWith(bytes, pngStart)) return readPngHeader(bytes);
  throw new BrokenImageError("neither a JPEG nor a PNG");
}

const jpegStart = [0xff, 0xd8, 0xff];
/** The signature, and the length and name of the first chunk, which is always IHDR. */
const pngStart = [
  ...[0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a],
  ...[0, 0, 0, 13, 0x49, 0x48, 0x44, 0x52],
];
const cutShort = "the file is cut short";
const damagedSegments = "its JPEG segments are damaged";

function startsWith(bytes: Uint8Array, start: readonly number[]): boolean {
  return start.every((byte, i) => bytes[i] === byte);
}

/** @param least how many bytes the pixels take at least in a file. */
function checkSize({ height, width }: ImageSize, least: number, bytes: Uint8Array): void {
  if (height === 0 || width === 0) throw new BrokenImageError("it has no pixels");
  const pixels = `its ${width} x ${height} pixels are more than`;
  if (height * width > maxPixels) throw new BrokenImageError(`${pixels} ${maxPixels}`);
  if (least > bytes.length) throw new BrokenImageError(`${pixels} ${bytes.length} bytes can hold`);
  if (Math.max(height, width) > maxRatio * Math.min(height, width)) {
    throw new BrokenImageError(
      `of ${width} x ${height} pixels, one is over ${maxRatio} times the other`,
    );
  }
}

/** Values of a pixel, by the colour type. */
const pngChannels: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };

/** The chunk IHDR: width, height, bits of a value, colour type. */
function readPngHeader(bytes: Uint8Array): ImageHeader {
  if (bytes.length < 26) throw new BrokenImageError(cutShort);
  const view = viewOf(bytes);
  const size = { width: view.getUint32(16), height: view.getUint32(20) };
  const bitsPerPixel = bytes[24]! * (pngChannels[bytes[25]!] ?? 0);
  const unpacked = size.height * Math.ceil(size.width * bitsPerPixel / 8);
  checkSize(size, unpacked / deflateRatio, bytes);
  return { format: "png", ...size };
}

/**
 * Goes from marker to marker up to the first scan (ITU T.81, annex B), as libjpeg does: the frame header
 * on the way has the size.
 */
function readJpegHeader(bytes: Uint8Array): ImageHeader {
  const view = viewOf(bytes);
  let size: ImageSize | undefined;
  for (let at = 2; at + 4 <= bytes.length;) {
    const marker = bytes[at + 1]!;
    if (bytes[at] !== 0xff || marker === 0) throw new BrokenImageError(damagedSegments);
    if (marker === 0xff) { // a fill byte
      at++;
      continue;
    }
    if (standsAlone(marker)) {
      at += 2;
      continue;
    }
    if (isFrameHeader(marker) && at + 9 <= bytes.length) {
      size = { height: view.getUint16(at + 5), width: view.getUint16(at + 7) };
    }
    at += 2 + view.getUint16(at + 2);
    if (marker !== 0xda) continue;
    if (!size) throw new BrokenImageError(damagedSegments);
    // Of each block of 8 x 8 pixels there is one bit at least.
    const blocks = Math.ceil(size.height / 8) * Math.ceil(size.width / 8);
    checkSize(size, blocks / 8, bytes);
    checkScans(bytes, at);
    return { format: "jpeg", ...size };
  }
  throw new BrokenImageError(cutShort);
}

/** Goes on from marker to marker, which stand between and in the data of the scans, to the end. */
function checkScans(bytes: Uint8Array, firstData: number): void {
  const view = viewOf(bytes);
  let scans = 1;
  for (let at = bytes.indexOf(0xff, firstData); at >= 0; at = bytes.indexOf(0xff, at)) {
    const marker = bytes[at + 1];
    if (marker === 0xd9) return;
    if (marker === 0xda && ++scans > maxScans) {
      throw new BrokenImageError(`it has more than ${maxScans} scans`);
    }
    // A zero says that the byte before it is data.
    const isSegment = marker !== 0 && marker !== 0xff && !standsAlone(marker);
    if (isSegment && at + 4 > bytes.length) break;
    at += marker === 0xff ? 1 : isSegment ? 2 + view.getUint16(at + 2) : 2;
  }
  throw new BrokenImageError(cutShort);
}

/** Whether a marker is SOF0 to SOF15: those between that are other things are left out. */
function isFrameHeader(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
}

/** Whether a marker is TEM or RST0 to RST7, which no length follows. */
function standsAlone(marker: number | undefined): boolean {
  return marker === 0x01 || (marker !== undefined && marker >= 0xd0 && marker <= 0xd7);
}

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}
