/**
 * The format of torch.save since PyTorch 1.6: a zip archive with one pickle, and one entry per storage.
 *
 * Format: https://github.com/pytorch/pytorch/blob/v2.9.0/torch/serialization.py (_save, _load)
 *
 * @module
 */
import { openArchive } from "./archive.ts";
import { Cursor, decodeText } from "./cursor.ts";
import { findGlobal } from "./globals.ts";
import type { StorageObject } from "./objects.ts";
import { printable } from "../../errors.ts";
import { readPickle } from "./pickle.ts";
import { parseStorage } from "./storages.ts";

/** The contents of a PyTorch file. */
export interface PyTorchFile {
  /** The value passed to torch.save, with tensors without their elements. */
  value: unknown;
  /** True if the elements of storages are big-endian. */
  bigEndian: boolean;
  /** The bytes of a storage. For a view, these are the bytes of the whole storage. */
  readStorage(storage: StorageObject): Promise<Uint8Array>;
}

/**
 * Opens a zip archive of torch.save. Storages are read on demand.
 *
 * @param limit the maximum size of all unpacked entries together, in bytes.
 * @throws {SyntaxError} If it is damaged, from another program, or unpacks to more than `limit`.
 */
export async function openZipFile(bytes: Uint8Array, limit: number): Promise<PyTorchFile> {
  const { names, read } = await openArchive(bytes, limit);
  const pickleName = [...names].find((name) => /^[^/]+\/data\.pkl$/.test(name));
  if (pickleName === undefined) throw new SyntaxError("it is a zip archive without a data.pkl");
  const root = pickleName.slice(0, -"data.pkl".length);
  if (names.has(`${root}constants.pkl`)) {
    throw new SyntaxError("it is a TorchScript program; save model.state_dict() with torch.save");
  }
  const world = { findGlobal, findPersistent: parseStorage };
  const value = readPickle(new Cursor(await read(pickleName)), world);
  const order = `${root}byteorder`; // PyTorch before 2.1 does not write this, and is little-endian
  const bigEndian = names.has(order) && decodeText(await read(order)) === "big";
  const readStorage = async ({ key, type, size }: StorageObject): Promise<Uint8Array> => {
    const data = await read(`${root}data/${key}`);
    if (data.length !== size * type.bytes) {
      throw new SyntaxError(
        `its storage ${printable(key)} has ${data.length} bytes, not ${size * type.bytes}`,
      );
    }
    return data;
  };
  return { value, bigEndian, readStorage };
}
