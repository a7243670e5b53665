/**
 * Reads the header of a PNG, and selects the chunks that a decoder needs.
 *
 * @module
 */
import { BrokenImageError, cutShort, type ImageFrame, viewOf } from "./image_frame.ts";

/** The signature, and the length and name of the first chunk, which is always IHDR. */
export const pngStart: readonly number[] = [
  ...[0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a],
  ...[0, 0, 0, 13, 0x49, 0x48, 0x44, 0x52],
];
const signatureLength = 8;
/** Length, name and checksum of a chunk. */
const chunkOverhead = 12;

/** Values per pixel, by colour type. */
const channels: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };
/** The maximum number of bytes that deflate unpacks from one byte. */
const deflateRatio = 1032;

/** A chunk of a file. */
interface Chunk {
  name: string;
  at: number;
  /** The start of the next chunk, according to this one. */
  end: number;
}

/** Reads the chunk IHDR: width, height, bits per value, colour type. Also checks all other chunks. */
export function readPngFrame(bytes: Uint8Array): ImageFrame {
  if (bytes.length < 26) throw new BrokenImageError(cutShort);
  const view = viewOf(bytes);
  const [width, height] = [view.getUint32(16), view.getUint32(20)];
  const bitsPerPixel = bytes[24]! * (channels[bytes[25]!] ?? 0);
  const unpacked = height * Math.ceil(width * bitsPerPixel / 8);
  for (const { name, end } of chunks(bytes)) {
    // Pixels are decoded in pieces. For other chunks, libpng first allocates their claimed size.
    if (end > bytes.length && name !== "IDAT") throw new BrokenImageError(cutShort);
  }
  return { height, width, leastBytes: unpacked / deflateRatio, passes: 1 };
}

/**
 * The same image without chunks that its pixels do not need, such as texts, profiles and suggested
 * palettes. Unpacking such a chunk can take far more memory than the image.
 */
export function pixelsOnly(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const kept = [bytes.subarray(0, signatureLength)];
  let length = signatureLength;
  for (const { name, at, end } of chunks(bytes)) {
    // A chunk whose name begins with a small letter is optional.
    if (/^[a-z][A-Za-z]{3}$/.test(name) && name !== "tRNS") continue;
    const chunk = bytes.subarray(at, end);
    kept.push(chunk);
    length += chunk.length;
  }
  return length === bytes.length ? bytes : concat(kept, length);
}

/** The chunks up to the one that ends the image. The rest is ignored. */
function* chunks(bytes: Uint8Array): Generator<Chunk> {
  const view = viewOf(bytes);
  for (let at = signatureLength; at + chunkOverhead <= bytes.length;) {
    const name = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    const end = at + chunkOverhead + view.getUint32(at);
    yield { name, at, end };
    if (name === "IEND") return;
    at = end;
  }
}

function concat(parts: readonly Uint8Array[], length: number): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
