/**
 * The checksums of PNG's chunks, so that damage within them reaches the decoder.
 *
 * @module
 */
import { crc32 } from "node:zlib";
import { pngChunks } from "./fields.ts";

/** Writes the right checksum behind each chunk of a PNG. */
export function repairPng(bytes: Uint8Array): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (const at of pngChunks(bytes)) {
    const end = at + 8 + view.getUint32(at);
    if (end + 4 <= bytes.length) view.setUint32(end, crc32(bytes.subarray(at + 4, end)));
  }
}
