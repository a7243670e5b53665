/**
 * The format of torch.save from PyTorch 0.1.12 to 1.5: several pickles, then the storages.
 *
 * Format: https://github.com/pytorch/pytorch/blob/v2.9.0/torch/serialization.py (_legacy_save)
 *
 * @module
 */
import { Cursor } from "./cursor.ts";
import { findGlobal } from "./globals.ts";
import type { StorageObject } from "./objects.ts";
import { printable } from "../../errors.ts";
import { readPickle } from "./pickle.ts";
import type { PickleWorld } from "./pickle_machine.ts";
import { parseStorage } from "./storages.ts";
import type { PyTorchFile } from "./zip_format.ts";

const magicNumber = 0x1950a86a20f9469cfc6cn;
const protocolVersion = 1001;

/** For the pickles around the main one: they refer to no storages. */
const world: PickleWorld = {
  findGlobal,
  findPersistent: () => {
    throw new SyntaxError("a pickle beside the main one refers to a storage");
  },
};

/**
 * Reads a file of the older format. The storages are views of its memory.
 *
 * @throws {SyntaxError} If it is damaged.
 */
export function openLegacyFile(bytes: Uint8Array): PyTorchFile {
  const cursor = new Cursor(bytes);
  if (readPickle(cursor, world) !== magicNumber) {
    throw new SyntaxError("it is a pickle, but torch.save did not write it");
  }
  if (readPickle(cursor, world) !== protocolVersion) {
    throw new SyntaxError("it is of an unknown version of torch.save's older format");
  }
  readPickle(cursor, world); // skip the system info: elements are always little-endian
  const storages = new Map<string, StorageObject>();
  const findPersistent = (id: unknown): unknown => {
    // The class of a module that was saved whole, with its source: ("module", class, file, source).
    if (Array.isArray(id) && id[0] === "module") return id[1];
    const storage = parseStorage(id);
    if (!storages.has(storage.key)) storages.set(storage.key, storage);
    return storage;
  };
  const value = readPickle(cursor, { findGlobal, findPersistent });
  const data = readStorages(cursor, readPickle(cursor, world), storages);
  const readStorage = ({ key, type, size }: StorageObject): Promise<Uint8Array> => {
    const found = data.get(key);
    if (found?.length === size * type.bytes) return Promise.resolve(found);
    throw new SyntaxError(
      `its storage ${printable(key)} is missing or of another size than it says`,
    );
  };
  return { value, bigEndian: false, readStorage };
}

/** Reads the storages. Before each one is its number of elements, in 8 bytes. */
function readStorages(
  cursor: Cursor,
  keys: unknown,
  storages: Map<string, StorageObject>,
): Map<string, Uint8Array> {
  if (!Array.isArray(keys)) throw new SyntaxError("it has no list of storages");
  return new Map(keys.map((key) => {
    const storage = storages.get(key);
    if (!storage) throw new SyntaxError("it has a storage that nothing refers to");
    const size = cursor.uint64();
    if (size !== storage.size) {
      throw new SyntaxError(
        `its storage ${printable(key)} has ${size} elements, and should have ${storage.size}`,
      );
    }
    return [key, cursor.take(size * storage.type.bytes)];
  }));
}
