/**
 * An HDF5 file in memory, opened by the HDF5 library (h5wasm, https://github.com/usnistgov/h5wasm).
 *
 * @module
 */
import type { Module as H5wasm } from "h5wasm";
import type { Hdf5Type } from "./element_types.ts";

/** What lies at a place in a file. Links are what leads elsewhere by a name: they are not followed. */
export type Kind = "group" | "dataset" | "type" | "link";

/** What a file says of a dataset; nothing of it is checked. */
export interface Description extends Hdf5Type {
  /** Null where there is a dataset and nothing in it. */
  shape: number[] | null;
  /** Of a dataset whose elements lie in other datasets. */
  virtual_sources?: unknown;
}

/** The filters that are in h5wasm: none, deflate, shuffle, Fletcher32, szip, n-bit and scale-offset. */
const lastKnownFilter = 6;

/** An open file. Methods throw what the library throws where it is damaged. */
export class Hdf5File {
  readonly #id: bigint;
  readonly #library: typeof H5wasm;

  /** @throws {SyntaxError} If the library cannot open it. */
  constructor(library: typeof H5wasm, bytes: Uint8Array) {
    this.#library = library;
    // Into a file system in memory, which may own the bytes and then does not copy them.
    const [canRead, canWrite, canOwn] = [true, false, true];
    library.FS.createDataFile("/", "file.h5", bytes, canRead, canWrite, canOwn);
    this.#id = library.open("/file.h5", library.H5F_ACC_RDONLY);
    if (this.#id < 0n) {
      library.FS.unlink("/file.h5");
      throw new SyntaxError("it is damaged or cut short: HDF5 cannot open it");
    }
  }

  /** Closes the file and frees its bytes. */
  [Symbol.dispose](): void {
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

  kind(path: string): Kind | undefined {
    // Asked first, for the type is that of what a link leads to.
    if (this.#library.get_symbolic_link(this.#id, path) !== null) return "link";
    if ("filename" in this.#library.get_external_link(this.#id, path)) return "link";
    const kinds: (Kind | undefined)[] = ["group", "dataset", "type", "link", "link"];
    return kinds[this.#library.get_type(this.#id, path)];
  }

  describe(dataset: string): Description {
    return this.#library.get_dataset_metadata(this.#id, dataset);
  }

  /** The name of a filter of the dataset that is not there to undo it, if there is one. */
  unknownFilter(dataset: string): string | undefined {
    const filters = this.#library.get_dataset_filters(this.#id, dataset);
    const unknown = filters.find(({ id }) => id > lastKnownFilter);
    return unknown && (unknown.name || `filter ${unknown.id}`);
  }

  /** The elements of a dataset, little-endian; undefined where they cannot be read. */
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
