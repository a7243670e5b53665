/**
 * The worker of lib/formats/hdf5, but for many files: it does the same for each.
 *
 * @module
 */
import { limitMemory, silence } from "../../../lib/formats/hdf5/confinement.ts";
import { Hdf5File } from "../../../lib/formats/hdf5/hdf5_file.ts";
import { readDatasets } from "../../../lib/formats/hdf5/datasets.ts";
import type { Order } from "../../../lib/formats/hdf5/worker.ts";
import type { SafeTensor } from "../../../lib/formats/safetensors.ts";

/** What became of a file. */
export interface SessionAnswer {
  tensors: Record<string, SafeTensor>;
  problem?: string | undefined;
  /** The library failed within, and is not to be used further. */
  broken: boolean;
  /** There is no answer, for it took too long. */
  ended?: boolean;
}

const port = globalThis as unknown as {
  onmessage: (event: MessageEvent<Order>) => void;
  postMessage(message: SessionAnswer): void;
};

silence();
limitMemory(2 ** 27);
const library = await (await import("h5wasm")).ready;

port.onmessage = ({ data: { bytes, limit } }) => {
  try {
    const file = new Hdf5File(library, bytes);
    try {
      port.postMessage({ tensors: readDatasets(file, limit), broken: false });
    } finally {
      file.close();
    }
  } catch (error) {
    const known = error instanceof SyntaxError;
    const problem = known ? error.message : "it is damaged or cut short";
    port.postMessage({ tensors: {}, problem, broken: error instanceof WebAssembly.RuntimeError });
  }
};
port.postMessage({ tensors: {}, broken: false });
