/**
 * The safetensors format: converts between bytes and named arrays. Uses neither tfjs nor files.
 *
 * Format: https://github.com/huggingface/safetensors (8 bytes length, a JSON header, the data).
 *
 * @module
 */
import { printable } from "../errors.ts";
import { mapValues } from "../params.ts";
import { isSizes } from "./untrusted.ts";

/** An array of a safetensors file, with little-endian data. */
export interface SafeTensor {
  /** The type's name in the format, such as `F32` or `I64`. */
  dtype: string;
  shape: number[];
  data: Uint8Array;
}

/** The contents of a safetensors file. */
export interface SafeTensors {
  tensors: Record<string, SafeTensor>;
  metadata: Record<string, string>;
}

const bytesPerElement: ReadonlyMap<unknown, number> = new Map([
  ["BOOL", 1],
  ["U8", 1],
  ["I8", 1],
  ["I16", 2],
  ["U16", 2],
  ["F16", 2],
  ["BF16", 2],
  ["I32", 4],
  ["U32", 4],
  ["F32", 4],
  ["I64", 8],
  ["U64", 8],
  ["F64", 8],
]);

/** The only entry of the header that is not an array. */
export const metadataKey = "__metadata__";

/**
 * Reads the bytes of a safetensors file. The arrays are views of its memory.
 *
 * @throws {SyntaxError} If the file is invalid: it is cut off, its header is not JSON, an array is
 * outside the data or does not have the size of its shape, or the data has gaps.
 */
export function parseSafetensors(bytes: Uint8Array): SafeTensors {
  if (bytes.byteLength < 8) throw new SyntaxError(`${bytes.byteLength} bytes are too few`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const headerLength = view.getBigUint64(0, true);
  if (headerLength > BigInt(bytes.byteLength - 8)) {
    throw new SyntaxError(
      `the header is said to have ${headerLength} bytes and the file has ${bytes.byteLength}`,
    );
  }
  const start = 8 + Number(headerLength);
  const header = parseHeader(bytes.subarray(8, start));
  const data = bytes.subarray(start);
  const { [metadataKey]: metadata = {}, ...entries } = header;
  if (!isStrings(metadata)) throw new SyntaxError("the metadata are not all strings");
  const tensors = mapValues(entries, (entry, name) => parseEntry(name, entry, data));
  checkCoverage(Object.values(tensors), data);
  return { tensors, metadata };
}

function parseHeader(bytes: Uint8Array): Record<string, unknown> {
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    throw new SyntaxError("the header is no JSON");
  }
  if (typeof header !== "object" || header === null || Array.isArray(header)) {
    throw new SyntaxError("the header is no JSON object");
  }
  return header as Record<string, unknown>;
}

function parseEntry(name: string, entry: unknown, data: Uint8Array): SafeTensor {
  const named = printable(name);
  const { dtype, shape, data_offsets } = (entry ?? {}) as Record<string, unknown>;
  const size = bytesPerElement.get(dtype);
  if (typeof dtype !== "string" || size === undefined) {
    const type = typeof dtype === "string"
      ? `the unknown type ${printable(dtype)}`
      : "no proper type";
    throw new SyntaxError(`${named} has ${type}`);
  }
  if (!isSizes(shape)) throw new SyntaxError(`${named} has no proper shape`);
  if (!isSizes(data_offsets) || data_offsets.length !== 2) {
    throw new SyntaxError(`${named} has no proper data_offsets`);
  }
  const [from, to] = data_offsets as [number, number];
  const expected = shape.reduce((product, dimension) => product * dimension, size);
  if (from > to || to > data.byteLength || to - from !== expected) {
    throw new SyntaxError(
      `${named} (${dtype} [${
        printable(String(shape))
      }]) needs ${expected} bytes and is said to be bytes ` +
        `${from} to ${to} of ${data.byteLength}`,
    );
  }
  return { dtype, shape, data: data.subarray(from, to) };
}

/** The format does not allow gaps or overlaps: they are signs of damage. */
function checkCoverage(tensors: SafeTensor[], data: Uint8Array): void {
  let end = data.byteOffset;
  const endToEnd = tensors.map((tensor) => tensor.data)
    .sort((a, b) => a.byteOffset - b.byteOffset || a.byteLength - b.byteLength)
    .every(({ byteOffset, byteLength }) => {
      const follows = byteOffset === end;
      end += byteLength;
      return follows;
    });
  if (!endToEnd || end !== data.byteOffset + data.byteLength) {
    throw new SyntaxError(`its arrays do not fill its ${data.byteLength} bytes of data end to end`);
  }
}

function isStrings(value: unknown): value is Record<string, string> {
  return typeof value === "object" && value !== null && !Array.isArray(value) &&
    Object.values(value).every((text) => typeof text === "string");
}

/**
 * The bytes of a safetensors file, with the arrays in the given order.
 *
 * @throws {TypeError} If an array is named `__metadata__`, because the file could not be read.
 */
export function formatSafetensors({ tensors, metadata }: SafeTensors): Uint8Array<ArrayBuffer> {
  if (Object.hasOwn(tensors, metadataKey)) {
    throw new TypeError(
      `Cannot write an array named ${metadataKey}: the format has that for itself`,
    );
  }
  let offset = 0;
  const entries = Object.entries(tensors).map(([name, { dtype, shape, data }]) =>
    [name, { dtype, shape, data_offsets: [offset, offset += data.byteLength] }] as const
  );
  const header = {
    ...(Object.keys(metadata).length > 0 && { [metadataKey]: metadata }),
    ...Object.fromEntries(entries),
  };
  const json = new TextEncoder().encode(JSON.stringify(header));
  // Pad with spaces to a multiple of 8, so that readers can map the data into memory.
  const headerLength = Math.ceil(json.byteLength / 8) * 8;
  const bytes = new Uint8Array(8 + headerLength + offset).fill(0x20, 8, 8 + headerLength);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(headerLength), true);
  bytes.set(json, 8);
  let position = 8 + headerLength;
  for (const { data } of Object.values(tensors)) {
    bytes.set(data, position);
    position += data.byteLength;
  }
  return bytes;
}
