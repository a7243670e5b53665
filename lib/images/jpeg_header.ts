/**
 * What a JPEG says of itself before and between its data (ITU T.81, annex B), read as libjpeg reads it.
 *
 * @module
 */
import {
  BrokenImageError,
  cutShort,
  type ImageFrame,
  type ImageSize,
  viewOf,
} from "./image_frame.ts";

/** The marker SOI, which every file begins with. */
export const jpegStart: readonly number[] = [0xff, 0xd8];

/** libjpeg writes 10 of them at most. */
const maxScans = 100;
/** Of cyan, magenta, yellow and black. */
const maxComponents = 4;
const damagedSegments = "its JPEG segments are damaged";
const [endOfImage, startOfScan] = [0xd9, 0xda];

/** Goes from marker to marker to the end: the frame header on the way has the size. */
export function readJpegFrame(bytes: Uint8Array): ImageFrame {
  let size: ImageSize | undefined;
  let passes = 0;
  for (const [marker, at, length] of segments(bytes)) {
    // What follows a scan may be its damaged data, which libjpeg makes the best of.
    if (length < 2 && passes === 0 && !standsAlone(marker)) {
      throw new BrokenImageError(damagedSegments);
    }
    if (marker === endOfImage) {
      if (!size || passes === 0) throw new BrokenImageError(damagedSegments);
      // Of each block of 8 x 8 pixels there is one bit at least.
      const blocks = Math.ceil(size.height / 8) * Math.ceil(size.width / 8);
      return { ...size, leastBytes: blocks / 8, passes };
    }
    if (marker === startOfScan && ++passes > maxScans) {
      throw new BrokenImageError(`it has more than ${maxScans} scans`);
    }
    if (isFrameHeader(marker) && passes === 0) size = readSize(bytes.subarray(at, at + length));
    if (marker === startOfScan && !size) throw new BrokenImageError(damagedSegments);
  }
  throw new BrokenImageError(cutShort);
}

/** The frame header, from its length on: bits of a value, height, width, components. */
function readSize(header: Uint8Array): ImageSize {
  if (header.length < 8) throw new BrokenImageError(damagedSegments);
  if (header[7]! > maxComponents) throw new BrokenImageError(`it has ${header[7]} colours`);
  const view = viewOf(header);
  return { height: view.getUint16(3), width: view.getUint16(5) };
}

/**
 * The segments of a file: each marker, where its length stands, and how long it is. What lies between
 * them is the data of a scan, or stray bytes, which libjpeg warns of and goes on.
 */
function* segments(bytes: Uint8Array): Generator<[marker: number, at: number, length: number]> {
  const view = viewOf(bytes);
  let at = nextMarker(bytes, jpegStart.length);
  while (at < bytes.length) {
    const marker = bytes[at++]!;
    let length = 0;
    if (!standsAlone(marker)) {
      if (at + 2 > bytes.length) break;
      length = view.getUint16(at);
      if (at + length > bytes.length) break;
    }
    yield [marker, at, length];
    at = nextMarker(bytes, at + length);
  }
}

/** The place of the next marker, behind its 0xff: more of those may fill, and with a zero they are data. */
function nextMarker(bytes: Uint8Array, from: number): number {
  for (let at = bytes.indexOf(0xff, from); at >= 0; at = bytes.indexOf(0xff, at)) {
    while (bytes[at] === 0xff) at++;
    if (bytes[at] !== 0) return at;
  }
  return bytes.length;
}

/** Whether a marker is SOF0 to SOF15: those between that are other things are left out. */
function isFrameHeader(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
}

/** Whether a marker is TEM, RST0 to RST7, SOI or EOI, which no length follows. */
function standsAlone(marker: number): boolean {
  return marker === 0x01 || (marker >= 0xd0 && marker <= endOfImage);
}
