/**
 * An HDF5 file in memory, opened by the HDF5 library (h5wasm, https://github.com/usnistgov/h5wasm).
 *
 * @module
 */
import type { Metadata, Module as H5wasm } from "h5wasm";
import type { Hdf5Type } from "./element_types.ts";

/** The kind of object at a path. Links are not followed. */
export type ObjectKind = "group" | "dataset" | "type" | "link";

/**
 * The file's description of a dataset, unchecked. `shape` is null for an empty dataset;
 * `virtual_sources` is set if the elements are in other datasets.
 */
type Description = Hdf5Type & Pick<Metadata, "shape" | "virtual_sources">;

/** h5wasm has these filters: none, deflate, shuffle, Fletcher32, szip, n-bit and scale-offset. */
const lastKnownFilter = 6;

/** An open file. If it is damaged, methods throw the library's errors. */
export class Hdf5File {
  readonly #id: bigint;
  readonly #library: typeof H5wasm;

  /** @throws {SyntaxError} If the library cannot open it. */
  constructor(library: typeof H5wasm, bytes: Uint8Array) {
    this.#library = library;
    // An in-memory file system. If it may own the bytes, it does not copy them.
    const [canRead, canWrite, canOwn] = [true, false, true];
    library.FS.createDataFile("/", "file.h5", bytes, canRead, canWrite, canOwn);
    this.#id = library.open("/file.h5", library.H5F_ACC_RDONLY);
    if (this.#id < 0n) {
      library.FS.unlink("/file.h5");
      throw new SyntaxError("it is damaged or cut short: HDF5 cannot open it");
    }
  }

  /** Closes the file and frees its bytes. */
  close(): void {
    this.#library.close_file(this.#id);
    this.#library.FS.unlink("/file.h5");
  }

  /** The names in a group. */
  names(group: string): string[] {
    return this.#library.get_names(this.#id, group, false);
  }

  /** The names of an object's attributes. */
  attributes(path: string): string[] {
    return this.#library.get_attribute_names(this.#id, path);
  }

  kind(path: string): ObjectKind | undefined {
    // Check links first, because get_type follows them.
    if (this.#library.get_symbolic_link(this.#id, path) !== null) return "link";
    if ("filename" in this.#library.get_external_link(this.#id, path)) return "link";
    const kinds: (ObjectKind | undefined)[] = ["group", "dataset", "type", "link", "link"];
    return kinds[this.#library.get_type(this.#id, path)];
  }

  describe(dataset: string): Description {
    return this.#library.get_dataset_metadata(this.#id, dataset);
  }

  /** The name of a dataset's filter that h5wasm cannot undo, if there is one. */
  unknownFilter(dataset: string): string | undefined {
    const filters = this.#library.get_dataset_filters(this.#id, dataset);
    const unknown = filters.find(({ id }) => id > lastKnownFilter);
    return unknown && (unknown.name || `filter ${unknown.id}`);
  }

  /** The elements of a dataset, little-endian; undefined if they cannot be read. */
  read(dataset: string, byteLength: number): Uint8Array<ArrayBuffer> | undefined {
    const library = this.#library;
    const address = library._malloc(byteLength);
    if (address === 0) return undefined;
    const id = this.#id;
    const status = library.get_dataset_data(id, dataset, null, null, null, BigInt(address));
    const data = status < 0 ? undefined : new Uint8Array(byteLength);
    data?.set(library.HEAPU8.subarray(address, address + byteLength));
    library._free(address);
    return data;
  }
}
