/**
 * Reads the headers of a JPEG (ITU T.81, annex B) like libjpeg.
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

/** The marker SOI at the start of every file. */
export const jpegStart: readonly number[] = [0xff, 0xd8];

/** libjpeg writes at most 10. */
const maxScans = 100;
/** Cyan, magenta, yellow and black. */
const maxComponents = 4;
const damagedSegments = "its JPEG segments are damaged";
const [endOfImage, startOfScan] = [0xd9, 0xda];

/** Goes through all markers to the end. The frame header has the size. */
export function readJpegFrame(bytes: Uint8Array): ImageFrame {
  let size: ImageSize | undefined;
  let passes = 0;
  for (const [marker, at, length] of segments(bytes)) {
    // After a scan, this may be damaged scan data, which libjpeg tolerates.
    if (length < 2 && passes === 0 && !standsAlone(marker)) {
      throw new BrokenImageError(damagedSegments);
    }
    if (marker === endOfImage) {
      if (!size || passes === 0) throw new BrokenImageError(damagedSegments);
      // Each block of 8 x 8 pixels needs at least one bit.
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

/** Reads the frame header, starting at its length: bits per value, height, width, components. */
function readSize(header: Uint8Array): ImageSize {
  if (header.length < 8) throw new BrokenImageError(damagedSegments);
  if (header[7]! > maxComponents) throw new BrokenImageError(`it has ${header[7]} colours`);
  const view = viewOf(header);
  return { height: view.getUint16(3), width: view.getUint16(5) };
}

/**
 * The segments of a file: each marker, the position of its length, and the length. Skips what is
 * between them: scan data, or stray bytes, for which libjpeg only prints a warning.
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

/** The position of the next marker, after its 0xff. Repeated 0xff is padding; 0xff and zero is data. */
function nextMarker(bytes: Uint8Array, from: number): number {
  for (let at = bytes.indexOf(0xff, from); at >= 0; at = bytes.indexOf(0xff, at)) {
    while (bytes[at] === 0xff) at++;
    if (bytes[at] !== 0) return at;
  }
  return bytes.length;
}

/** True if a marker is SOF0 to SOF15. Some codes in this range have other meanings. */
function isFrameHeader(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
}

/** True if a marker is TEM, RST0 to RST7, SOI or EOI, which have no length. */
function standsAlone(marker: number): boolean {
  return marker === 0x01 || (marker >= 0xd0 && marker <= endOfImage);
}
