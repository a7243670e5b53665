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

/** Pillow's limit, beyond which it takes an image for an attack on the memory. */
const maxPixels = 178_956_970;

/**
 * Reads the header of a JPEG or a PNG, whatever the file's name, and checks that a JPEG has an end:
 * its pixels could be decoded up to where it is cut short.
 *
 * @throws {BrokenImageError} where it is neither, is cut short, or has no pixels or far too many.
 */
export function readImageHeader(bytes: Uint8Array): ImageHeader {
  if (bytes.length === 0) throw new BrokenImageError("the file is empty");
  const header = startsWith(bytes, jpegStart)
    ? readJpegHeader(bytes)
    : startsWith(bytes, pngStart)
    ? readPngHeader(bytes)
    : undefined;
  if (!header) throw new BrokenImageError("neither a JPEG nor a PNG");
  const { height, width } = header;
  if (height === 0 || width === 0) throw new BrokenImageError("it has no pixels");
  if (height * width > maxPixels) {
    throw new BrokenImageError(`its ${width} x ${height} pixels are more than ${maxPixels}`);
  }
  return header;
}

const jpegStart = [0xff, 0xd8, 0xff];
const pngStart = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
const cutShort = "the file is cut short";

function startsWith(bytes: Uint8Array, start: readonly number[]): boolean {
  return start.every((byte, i) => bytes[i] === byte);
}

/** The signature, then the chunk IHDR with the width and the height. */
function readPngHeader(bytes: Uint8Array): ImageHeader {
  if (bytes.length < 24) throw new BrokenImageError(cutShort);
  const view = viewOf(bytes);
  return { format: "png", width: view.getUint32(16), height: view.getUint32(20) };
}

/**
 * Goes from marker to marker up to the first scan (ITU T.81, annex B): the frame header on the way has
 * the size, and within scans `ff d9` stands for nothing but the end.
 */
function readJpegHeader(bytes: Uint8Array): ImageHeader {
  const view = viewOf(bytes);
  let size: ImageSize | undefined;
  for (let at = 2; at + 4 <= bytes.length;) {
    if (bytes[at] !== 0xff) throw new BrokenImageError("its JPEG segments are damaged");
    const marker = bytes[at + 1]!;
    if (marker === 0xff) { // a fill byte
      at++;
      continue;
    }
    if (isFrameHeader(marker) && at + 9 <= bytes.length) {
      size = { height: view.getUint16(at + 5), width: view.getUint16(at + 7) };
    }
    at += 2 + view.getUint16(at + 2);
    if (marker !== 0xda) continue;
    if (!size) throw new BrokenImageError("its JPEG segments are damaged");
    if (!hasEnd(bytes, at)) break;
    return { format: "jpeg", ...size };
  }
  throw new BrokenImageError(cutShort);
}

/** Whether a marker is SOF0 to SOF15: those between that are other things are left out. */
function isFrameHeader(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
}

function hasEnd(bytes: Uint8Array, scan: number): boolean {
  for (let at = bytes.length - 2; at >= scan; at--) {
    if (bytes[at] === 0xff && bytes[at + 1] === 0xd9) return true;
  }
  return false;
}

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}
