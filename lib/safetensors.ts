/**
 * The safetensors format: bytes to named arrays and back. Nothing of tfjs, nothing of the disk.
 *
 * Format: https://github.com/huggingface/safetensors (8 bytes length, a JSON header, the data).
 *
 * @module
 */

/** An array of a safetensors file, its data as little-endian bytes. */
export interface SafeTensor {
  /** The format's own name, such as `F32` or `I64`. */
  dtype: string;
  shape: number[];
  data: Uint8Array;
}

/** The contents of a safetensors file. */
export interface SafeTensors {
  tensors: Record<string, SafeTensor>;
  metadata: Record<string, string>;
}

const bytesPerElement: Record<string, number> = {
  BOOL: 1,
  U8: 1,
  I8: 1,
  I16: 2,
  U16: 2,
  F16: 2,
  BF16: 2,
  I32: 4,
  U32: 4,
  F32: 4,
  I64: 8,
  U64: 8,
  F64: 8,
};

/**
 * Reads the bytes of a safetensors file. The arrays share its memory.
 *
 * @throws {SyntaxError} where the bytes are no safetensors file: cut short, a header that is no JSON,
 * an array outside of the data, or of another size than its shape says.
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
  const tensors: Record<string, SafeTensor> = {};
  let metadata: Record<string, string> = {};
  for (const [name, entry] of Object.entries(header)) {
    if (name === "__metadata__") metadata = entry as Record<string, string>;
    else tensors[name] = parseEntry(name, entry, data);
  }
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
  const { dtype, shape, data_offsets } = (entry ?? {}) as Record<string, unknown>;
  const size = typeof dtype === "string" ? bytesPerElement[dtype] : undefined;
  if (size === undefined) throw new SyntaxError(`${name} has the unknown type ${dtype}`);
  if (!isSizes(shape)) throw new SyntaxError(`${name} has no proper shape`);
  if (!isSizes(data_offsets) || data_offsets.length !== 2) {
    throw new SyntaxError(`${name} has no proper data_offsets`);
  }
  const [from, to] = data_offsets as [number, number];
  const expected = shape.reduce((product, dimension) => product * dimension, size);
  if (from > to || to > data.byteLength || to - from !== expected) {
    throw new SyntaxError(
      `${name} (${dtype} [${shape}]) needs ${expected} bytes and is said to be bytes ${from} to ${to} ` +
        `of ${data.byteLength}`,
    );
  }
  return { dtype: dtype as string, shape, data: data.subarray(from, to) };
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((n) => Number.isSafeInteger(n) && n >= 0);
}

/** The bytes of a safetensors file, its arrays in the given order. */
export function formatSafetensors({ tensors, metadata }: SafeTensors): Uint8Array<ArrayBuffer> {
  const header: Record<string, unknown> = {};
  if (Object.keys(metadata).length > 0) header.__metadata__ = metadata;
  let offset = 0;
  for (const [name, { dtype, shape, data }] of Object.entries(tensors)) {
    header[name] = { dtype, shape, data_offsets: [offset, offset += data.byteLength] };
  }
  const json = new TextEncoder().encode(JSON.stringify(header));
  // Spaces up to a multiple of 8, so that readers may map the data as it is.
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
