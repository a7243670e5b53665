/**
 * The worker that reads one HDF5 file, and is then discarded.
 *
 * @module
 */
import type { SafeTensor } from "../safetensors.ts";
import { closeWaysOut, limitMemory, silence } from "./confinement.ts";
import { Hdf5File } from "./hdf5_file.ts";
import { readDatasets } from "./datasets.ts";

/** The first message: the library is loaded. */
export type Ready = "ready";

/** The only message to the worker. */
export interface Order {
  bytes: Uint8Array<ArrayBuffer>;
  /** The maximum size of all arrays together, in bytes. */
  limit: number;
}

/** The worker's only answer. */
export type Answer =
  | { tensors: Record<string, SafeTensor>; problem?: undefined }
  /** The reason for failure, for a message. */
  | { problem: string };

/** Memory for the library besides the arrays: its own data, and chunks to unpack. */
const overheadBytes = 2 ** 26;

// Only the types of a window are available here.
const port = globalThis as unknown as {
  onmessage: (event: MessageEvent<Order>) => void;
  postMessage(message: Ready | Answer, transfer: Transferable[]): void;
};

silence();
// Keep this order: the library saves the console when it is loaded.
const library = await (await import("h5wasm")).ready;
closeWaysOut();

port.onmessage = ({ data: { bytes, limit } }) => {
  try {
    limitMemory(limit + overheadBytes);
    const tensors = readTensors(bytes, limit);
    const buffers = Object.values(tensors).map(({ data }) => data.buffer as ArrayBuffer);
    port.postMessage({ tensors }, buffers);
  } catch (error) {
    // Other errors come from inside the library and describe its internals.
    const problem = error instanceof SyntaxError ? error.message : "it is damaged or cut short";
    port.postMessage({ problem }, []);
  }
};
port.postMessage("ready", []);

function readTensors(bytes: Uint8Array<ArrayBuffer>, limit: number): Record<string, SafeTensor> {
  const file = new Hdf5File(library, bytes);
  try {
    return readDatasets(file, limit);
  } finally {
    file.close();
  }
}
