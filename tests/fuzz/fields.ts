/**
 * Where the numbers lie that lengths and places are read from, format by format.
 *
 * @module
 */
import type { Field } from "./bytes.ts";

/** The places at which a sequence of bytes stands. */
function placesOf(bytes: Uint8Array, sequence: readonly number[]): number[] {
  const places: number[] = [];
  const [first] = sequence as [number];
  for (let at = bytes.indexOf(first); at >= 0; at = bytes.indexOf(first, at + 1)) {
    if (sequence.every((byte, i) => bytes[at + i] === byte)) places.push(at);
  }
  return places;
}

function within(bytes: Uint8Array, fields: Field[]): Field[] {
  return fields.filter(({ at, size }) => at + size <= bytes.length);
}

/** The length of the header. */
export function safetensorsFields(bytes: Uint8Array): Field[] {
  return within(bytes, [{ at: 0, size: 8 }]);
}

/** What a zip archive has of numbers in each of its headers: offset and size of each. */
const zipHeaders: readonly { signature: number[]; numbers: [offset: number, size: number][] }[] = [
  {
    signature: [0x50, 0x4b, 3, 4],
    numbers: [[6, 2], [8, 2], [14, 4], [18, 4], [22, 4], [26, 2], [28, 2]],
  },
  {
    signature: [0x50, 0x4b, 1, 2],
    numbers: [[8, 2], [10, 2], [16, 4], [20, 4], [24, 4], [28, 2], [30, 2], [32, 2], [42, 4]],
  },
  { signature: [0x50, 0x4b, 5, 6], numbers: [[8, 2], [10, 2], [12, 4], [16, 4], [20, 2]] },
  { signature: [0x50, 0x4b, 6, 6], numbers: [[4, 8], [24, 8], [32, 8], [40, 8], [48, 8]] },
  { signature: [0x50, 0x4b, 6, 7], numbers: [[4, 4], [8, 8], [16, 4]] },
];

/** Sizes, offsets, methods, flags and checksums of a zip archive's headers. */
export function zipFields(bytes: Uint8Array): Field[] {
  return within(
    bytes,
    zipHeaders.flatMap(({ signature, numbers }) =>
      placesOf(bytes, signature).flatMap((start) =>
        numbers.map(([offset, size]) => ({ at: start + offset, size }))
      )
    ),
  );
}

const block = 512;

/** Size, mode, owner, time, checksum, type and the end of the name of each of a tar archive's headers. */
export function tarFields(bytes: Uint8Array): Field[] {
  const headers = placesOf(bytes, Array.from("ustar", (letter) => letter.charCodeAt(0)))
    .map((at) => at - 257).filter((at) => at >= 0 && at % block === 0);
  return within(
    bytes,
    headers.flatMap((at) => [
      { at: at + 124, size: 12, octal: true },
      { at: at + 124, size: 8 },
      { at: at + 124, size: 1 },
      { at: at + 136, size: 12, octal: true },
      { at: at + 148, size: 8 },
      { at: at + 156, size: 1 },
      { at: at + 99, size: 1 },
      { at: at + 345, size: 2 },
    ]),
  );
}

/** Lengths of a JPEG's segments, and the first numbers in them: sizes, samplings, tables. */
export function jpegFields(bytes: Uint8Array): Field[] {
  const fields: Field[] = [];
  for (let at = 2; at + 4 <= bytes.length && bytes[at] === 0xff;) {
    fields.push({ at: at + 1, size: 1 }, { at: at + 2, size: 2, bigEndian: true });
    if ((bytes[at + 1]! & 0xf0) === 0xc0 && bytes[at + 1] !== 0xc4) {
      fields.push({ at: at + 5, size: 2, bigEndian: true }, {
        at: at + 7,
        size: 2,
        bigEndian: true,
      });
    }
    for (let i = 4; i < 14; i++) fields.push({ at: at + i, size: 1 });
    at += 2 + (bytes[at + 2]! << 8 | bytes[at + 3]!);
  }
  return within(bytes, fields);
}

/** Lengths of a PNG's chunks, and the first numbers in them: sizes, depth, colours. */
export function pngFields(bytes: Uint8Array): Field[] {
  return within(
    bytes,
    pngChunks(bytes).flatMap((at) => [
      { at, size: 4, bigEndian: true },
      { at: at + 8, size: 4, bigEndian: true },
      { at: at + 12, size: 4, bigEndian: true },
      ...[16, 17, 18, 19, 20].map((offset) => ({ at: at + offset, size: 1 })),
    ]),
  );
}

/** The places of a PNG's chunks. */
export function pngChunks(bytes: Uint8Array): number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const chunks: number[] = [];
  for (let at = 8; at + 12 <= bytes.length; at += 12 + view.getUint32(at)) chunks.push(at);
  return chunks;
}

/**
 * HDF5 has its lengths and places on multiples of 8 bytes: those that could be some. The header's sizes
 * of numbers, and the versions and kinds of the messages, are single bytes.
 */
export function hdf5Fields(bytes: Uint8Array): Field[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const fields: Field[] = Array.from({ length: 16 }, (_, i) => ({ at: 8 + i, size: 1 }));
  for (let at = 0; at + 8 <= bytes.length; at += 8) {
    const value = view.getBigUint64(at, true);
    if (value > 0n && value < 2n ** 32n) {
      fields.push({ at, size: 8 }, { at, size: 4 }, { at, size: 2 }, { at: at + 2, size: 2 });
    }
  }
  return within(bytes, fields);
}
