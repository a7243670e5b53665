/**
 * The arrays of an open HDF5 file.
 *
 * @module
 */
import type { SafeTensor } from "../safetensors.ts";
import { printable } from "../../errors.ts";
import { type Dataset, findDatasets } from "./datasets.ts";
import type { Hdf5File } from "./hdf5_file.ts";

/**
 * Reads all datasets by their keys.
 *
 * @param limit the maximum size of all datasets together, in bytes.
 * @throws {SyntaxError} Like {@link findDatasets}; or if one cannot be read.
 */
export function readDatasets(file: Hdf5File, limit: number): Record<string, SafeTensor> {
  const datasets = [...findDatasets(file, limit)];
  return Object.fromEntries(datasets.map(([key, dataset]) => [key, read(file, key, dataset)]));
}

function read(
  file: Hdf5File,
  key: string,
  { path, dtype, shape, byteLength }: Dataset,
): SafeTensor {
  const data = byteLength === 0 ? new Uint8Array() : file.read(path, byteLength);
  if (!data) throw new SyntaxError(`${printable(key)} is damaged, or lies in another file`);
  return { dtype, shape, data };
}
