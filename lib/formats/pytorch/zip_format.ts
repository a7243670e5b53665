/**
 * The files of torch.save since PyTorch 1.6: a zip archive of one pickle and an entry for each storage.
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

/** What a file of PyTorch holds. */
export interface PyTorchFile {
  /** What was given to torch.save, its tensors without their elements. */
  value: unknown;
  /** Whether the elements of storages are big-endian. */
  bigEndian: boolean;
  /** The bytes of a storage, whole where it is a view. */
  readStorage(storage: StorageObject): Promise<Uint8Array>;
}

/**
 * Opens a zip archive of torch.save. Storages are read when they are asked for.
 *
 * @param limit how many bytes its entries may have in all, unpacked.
 * @throws {SyntaxError} If it is damaged, of another program, or unpacks to more than `limit`.
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
  const order = `${root}byteorder`; // PyTorch before 2.1 writes none, and little-endian
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
