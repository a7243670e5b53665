/**
 * What a PNG says of itself, and which of its chunks a decoder needs.
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
/** Of a chunk: its length, its name and its checksum. */
const chunkOverhead = 12;

/** Values of a pixel, by the colour type. */
const channels: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };
/** Bytes that deflate makes of one byte at most. */
const deflateRatio = 1032;

/** A part of a file. */
interface Chunk {
  name: string;
  at: number;
  /** Where the next one begins, as far as this one says. */
  end: number;
}

/** The chunk IHDR: width, height, bits of a value, colour type. Looks at all other chunks too. */
export function readPngFrame(bytes: Uint8Array): ImageFrame {
  if (bytes.length < 26) throw new BrokenImageError(cutShort);
  const view = viewOf(bytes);
  const [width, height] = [view.getUint32(16), view.getUint32(20)];
  const bitsPerPixel = bytes[24]! * (channels[bytes[25]!] ?? 0);
  const unpacked = height * Math.ceil(width * bitsPerPixel / 8);
  for (const { name, end } of chunks(bytes)) {
    // Pixels are decoded piece by piece; of anything else libpng first makes room for what it claims.
    if (end > bytes.length && name !== "IDAT") throw new BrokenImageError(cutShort);
  }
  return { height, width, leastBytes: unpacked / deflateRatio, passes: 1 };
}

/**
 * The same image without texts, profiles, palettes to choose from and all else that need not be decoded
 * to have its pixels: packed, such a chunk can take far more memory than the image.
 */
export function pixelsOnly(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const kept = [bytes.subarray(0, signatureLength)];
  let length = signatureLength;
  for (const { name, at, end } of chunks(bytes)) {
    // A name that begins with a small letter says that the chunk may be left out.
    if (/^[a-z][A-Za-z]{3}$/.test(name) && name !== "tRNS") continue;
    const chunk = bytes.subarray(at, end);
    kept.push(chunk);
    length += chunk.length;
  }
  return length === bytes.length ? bytes : concat(kept, length);
}

/** The chunks up to the one that ends the image; what follows it is nobody's. */
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
