/**
 * Zip archives in memory. Entries are unpacked one by one, up to a limit.
 *
 * @module
 */
import { type FileEntry, ZipReader } from "@zip.js/zip.js";
import { printable } from "../../errors.ts";
import { ZipBytesReader } from "./zip_end.ts";

/** An open archive. */
export interface ZipArchive {
  /** The names of its files. */
  names: Set<string>;
  /** Unpacks a file once. Throws a SyntaxError if it is missing, damaged or exceeds the limit. */
  read(name: string): Promise<Uint8Array>;
}

/** More than the number of storages of any network. */
const maxEntries = 2 ** 16;

/**
 * Opens a zip archive without unpacking any entry.
 *
 * @param limit the maximum size of all unpacked entries together, in bytes.
 * @throws {SyntaxError} If it is damaged.
 */
export async function openArchive(bytes: Uint8Array, limit: number): Promise<ZipArchive> {
  const entries = await readEntries(bytes);
  const unpacked = new Map<string, Uint8Array>();
  let left = limit;
  const read = async (name: string): Promise<Uint8Array> => {
    const before = unpacked.get(name);
    if (before) return before;
    const entry = entries.get(name);
    if (!entry) throw new SyntaxError(`its archive has no ${printable(name)}`);
    left -= entry.uncompressedSize;
    if (left < 0) throw new SyntaxError(`its archive unpacks to more than ${limit} bytes`);
    const data = await orDamaged(() => unpack(entry));
    unpacked.set(name, data);
    return data;
  };
  return { names: new Set(entries.keys()), read };
}

async function readEntries(bytes: Uint8Array): Promise<Map<string, FileEntry>> {
  const reader = new ZipReader(new ZipBytesReader(bytes), {
    useWebWorkers: false,
    checkOverlappingEntry: true,
  });
  return await orDamaged(async () => {
    const entries = new Map<string, FileEntry>();
    for await (const entry of reader.getEntriesGenerator()) {
      if (!entry.directory) entries.set(entry.filename, entry);
      if (entries.size > maxEntries) throw new Error(`more than ${maxEntries} entries`);
    }
    return entries;
  });
}

async function unpack(entry: FileEntry): Promise<Uint8Array> {
  const data = new Uint8Array(entry.uncompressedSize);
  let length = 0;
  const sink = new WritableStream<Uint8Array>({
    write(chunk) {
      if (length + chunk.length > data.length) throw new Error("an entry is larger than it says");
      data.set(chunk, length);
      length += chunk.length;
    },
  });
  // PyTorch writes 0 if checksums are turned off.
  await entry.getData(sink, { checkCrc32: entry.crc32 !== 0 });
  if (length < data.length) throw new Error("an entry is smaller than it says");
  return data;
}

async function orDamaged<T>(act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new SyntaxError(`its zip archive is damaged: ${printable(reason)}`);
  }
}
