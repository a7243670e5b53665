/**
 * The worker that reads one HDF5 file, and is then of no more use.
 *
 * @module
 */
import { shown } from "../untrusted.ts";
import type { SafeTensor } from "../safetensors.ts";
import { closeWaysOut, limitMemory, silence } from "./confinement.ts";
import { type Dataset, findDatasets } from "./datasets.ts";
import { Hdf5File } from "./hdf5_file.ts";

/** What the worker is sent, once. */
export interface Order {
  bytes: Uint8Array<ArrayBuffer>;
  /** Bytes that the file's arrays may have in all. */
  limit: number;
}

/** What it answers, once. */
export type Answer =
  | { tensors: Record<string, SafeTensor>; problem?: undefined }
  /** Why there are none, for a message. */
  | { problem: string };

/** What the library needs beside the array that it reads: its own data, and chunks to unpack. */
const OVERHEAD = 2 ** 26;

// The types of a window are all that there are here.
const port = globalThis as unknown as {
  onmessage: (event: MessageEvent<Order>) => void;
  postMessage(message: Answer, transfer: Transferable[]): void;
};

port.onmessage = async ({ data: { bytes, limit } }) => {
  try {
    const tensors = await readAll(bytes, limit);
    const buffers = Object.values(tensors).map(({ data }) => data.buffer as ArrayBuffer);
    port.postMessage({ tensors }, buffers);
  } catch (error) {
    // All but a SyntaxError comes from within the library, and is about the library.
    const problem = error instanceof SyntaxError ? error.message : "it is damaged or cut short";
    port.postMessage({ problem }, []);
  }
};

async function readAll(
  bytes: Uint8Array<ArrayBuffer>,
  limit: number,
): Promise<Record<string, SafeTensor>> {
  silence();
  limitMemory(limit + OVERHEAD);
  // Not before: the library takes hold of the console when it is loaded.
  const library = await (await import("h5wasm")).ready;
  closeWaysOut();
  const file = new Hdf5File(library, bytes);
  const datasets = [...findDatasets(file, limit)];
  return Object.fromEntries(datasets.map(([key, dataset]) => [key, read(file, key, dataset)]));
}

function read(
  file: Hdf5File,
  key: string,
  { path, dtype, shape, byteLength }: Dataset,
): SafeTensor {
  const data = byteLength === 0 ? new Uint8Array() : file.read(path, byteLength);
  if (!data) throw new SyntaxError(`${shown(key)} is damaged, or lies in another file`);
  return { dtype, shape, data };
}
