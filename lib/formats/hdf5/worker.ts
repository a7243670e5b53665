/**
 * The worker that reads one HDF5 file, and is then of no more use.
 *
 * @module
 */
import type { SafeTensor } from "../safetensors.ts";
import { closeWaysOut, limitMemory, silence } from "./confinement.ts";
import { Hdf5File } from "./hdf5_file.ts";
import { readDatasets } from "./read_datasets.ts";

/** What the worker says first: the library is loaded. */
export type Ready = "ready";

/** What the worker is sent then, once. */
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
  postMessage(message: Ready | Answer, transfer: Transferable[]): void;
};

silence();
// Not before: the library takes hold of the console when it is loaded.
const library = await (await import("h5wasm")).ready;
closeWaysOut();

port.onmessage = ({ data: { bytes, limit } }) => {
  try {
    limitMemory(limit + OVERHEAD);
    using file = new Hdf5File(library, bytes);
    const tensors = readDatasets(file, limit);
    const buffers = Object.values(tensors).map(({ data }) => data.buffer as ArrayBuffer);
    port.postMessage({ tensors }, buffers);
  } catch (error) {
    // All but a SyntaxError comes from within the library, and is about the library.
    const problem = error instanceof SyntaxError ? error.message : "it is damaged or cut short";
    port.postMessage({ problem }, []);
  }
};
port.postMessage("ready", []);
