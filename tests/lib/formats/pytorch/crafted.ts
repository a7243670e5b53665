/**
 * Pickles, archives and files of torch.save written by hand, so that they can lie.
 *
 * @module
 */

/** Bytes of text in which each character is one. */
export function latin1(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

/** One array after the other. */
export function concat(...parts: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let position = 0;
  for (const part of parts) {
    bytes.set(part, position);
    position += part.length;
  }
  return bytes;
}

/** A number in as many little-endian bytes, as text. */
function littleEndian(value: number, bytes: number): string {
  return Array.from(
    { length: bytes },
    (_, i) => String.fromCharCode(Number(BigInt.asUintN(8, BigInt(value) >> BigInt(8 * i)))),
  ).join("");
}

// Pieces of a pickle, as text of one character a byte.

export function int(value: number): string {
  return `J${littleEndian(value, 4)}`;
}

export function text(value: string): string {
  return `X${littleEndian(value.length, 4)}${value}`;
}

export function tuple(...items: string[]): string {
  return `(${items.join("")}t`;
}

export function dict(entries: Record<string, string>): string {
  return `}(${Object.entries(entries).map(([key, value]) => text(key) + value).join("")}u`;
}

/** `name` is the module and what is in it, such as `os.system`. */
export function global(name: string): string {
  const dot = name.lastIndexOf(".");
  return `c${name.slice(0, dot)}\n${name.slice(dot + 1)}\n`;
}

export function call(name: string, ...args: string[]): string {
  return `${global(name)}${tuple(...args)}R`;
}

export interface CraftedTensor {
  type?: string;
  key?: string;
  size?: number;
  offset?: number;
  shape?: number[];
  strides?: number[];
  /** `(key, start, size)` of a view of the storage. */
  view?: string;
}

/** What stands for a storage of 6 elements. */
export function storage({ type = "Float", key = "0", size = 6, view }: CraftedTensor = {}): string {
  const id = [text("storage"), global(`torch.${type}Storage`), text(key), text("cpu"), int(size)];
  return `${tuple(...id, ...(view === undefined ? [] : [view]))}Q`;
}

/** A tensor `[2, 3]` of that storage. */
export function tensor(crafted: CraftedTensor = {}): string {
  const { offset = 0, shape = [2, 3], strides = [3, 1] } = crafted;
  return call(
    "torch._utils._rebuild_tensor_v2",
    storage(crafted),
    int(offset),
    tuple(...shape.map(int)),
    tuple(...strides.map(int)),
    "\x89",
    call("collections.OrderedDict"),
  );
}

/** A pickle of protocol 2. */
export function pickle(value: string): string {
  return `\x80\x02${value}.`;
}

const magicNumber = "\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19";

/** The six floats that {@link tensor} has. */
export const values: Uint8Array = new Uint8Array(Float32Array.of(1, 2, 3, 4, 5, 6).buffer);

/** A file of the older format, with one storage. */
export function legacyFile(
  value: string,
  { size = 6, data = values, keys = [text("0")] }: {
    size?: number;
    data?: Uint8Array;
    keys?: string[];
  } = {},
): Uint8Array<ArrayBuffer> {
  const header = [pickle(magicNumber), pickle(`M${littleEndian(1001, 2)}`), pickle("}")].join("");
  const tail = pickle(`](${keys.join("")}e`) + littleEndian(size, 8);
  return concat(latin1(header + pickle(value) + tail), data);
}

/** A file of an archive, and what its headers say of it. */
export interface CraftedEntry {
  data: Uint8Array;
  /** 0: stored, 8: deflated. */
  method?: number;
  /** Unpacked. Default: the length of `data`. */
  size?: number;
  /** Where its local header is said to be. */
  offset?: number;
}

/** A zip archive without checksums; with Zip64 records before its end where asked, as torch.save has. */
export function zip(
  entries: Record<string, CraftedEntry>,
  { zip64 = false } = {},
): Uint8Array<ArrayBuffer> {
  const locals: Uint8Array[] = [];
  const directory: string[] = [];
  let position = 0;
  for (
    const [name, { data, method = 0, size = data.length, offset = position }] of Object.entries(
      entries,
    )
  ) {
    const common = littleEndian(20, 2) + littleEndian(0, 2) + littleEndian(method, 2) +
      littleEndian(0, 8) + littleEndian(data.length, 4) + littleEndian(size, 4) +
      littleEndian(name.length, 2) + littleEndian(0, 2);
    const local = concat(latin1(`PK\x03\x04${common}${name}`), data);
    locals.push(local);
    const further = littleEndian(0, 10) + littleEndian(offset, 4);
    directory.push(`PK\x01\x02${littleEndian(20, 2)}${common}${further}${name}`);
    position += local.length;
  }
  const all = directory.join("");
  const counts = littleEndian(directory.length, 2).repeat(2);
  const end = `PK\x05\x06${littleEndian(0, 4)}${counts}${littleEndian(all.length, 4)}` +
    `${littleEndian(position, 4)}${littleEndian(0, 2)}`;
  const counts64 = littleEndian(directory.length, 8).repeat(2);
  const end64 = `PK\x06\x06${littleEndian(44, 8)}${littleEndian(45, 2).repeat(2)}` +
    `${littleEndian(0, 8)}${counts64}${littleEndian(all.length, 8)}${littleEndian(position, 8)}`;
  const locator = `PK\x06\x07${littleEndian(0, 4)}${littleEndian(position + all.length, 8)}` +
    littleEndian(1, 4);
  return concat(...locals, latin1(all + (zip64 ? end64 + locator : "") + end));
}

/** A file of the zip format, with one storage. */
export function zipFile(value: string, storage: CraftedEntry = { data: values }): Uint8Array {
  return zip({ "a/data.pkl": { data: latin1(pickle(value)) }, "a/data/0": storage });
}

/** Bytes as method 8 of an archive has them. */
export async function deflate(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const packed = new Blob([bytes]).stream().pipeThrough(new CompressionStream("deflate-raw"));
  return new Uint8Array(await new Response(packed).arrayBuffer());
}
