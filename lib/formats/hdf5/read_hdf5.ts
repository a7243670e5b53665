/**
 * Parameters out of HDF5 files, those of hickle among them.
 *
 * @module
 */
import { printable } from "../../errors.ts";
import { isHdf5 } from "../kind.ts";
import { latin1, memoryLimit, readable } from "../untrusted.ts";
import type { SafeTensor, SafeTensors } from "../safetensors.ts";
import type { Answer, Order, Ready } from "./worker.ts";

/** Options of {@link readHdf5}. */
export interface ReadHdf5Options {
  /**
   * Milliseconds until a file is given up, from when the library is loaded. Default: a second, and one
   * more for every 10 MB, which is a hundred times what a sound file takes.
   */
  timeLimit?: number;
}

/**
 * Reads the state dictionary in the bytes of an `.hkl` or `.h5` file: every dataset by its path, joined
 * by dots. Of the files of hickle, of all versions, the keys come as they were in Python, without
 * hickle's own groups and quotes.
 *
 * The HDF5 library (h5wasm) runs in a worker of its own, as WebAssembly, so that a file made to break
 * it breaks nothing else. Links are not followed, and nothing that is pickled is looked at. Deno starts
 * a worker only where this module may be read: `--allow-read` for its folder, unless it is remote.
 *
 * @param path of the file, for messages alone.
 * @returns arrays in PyTorch's layout and types, as of a safetensors file.
 * @throws {UserError} If the file is damaged, of another kind, holds what is no array of numbers, or
 * takes too long. Memory is bounded by the size of the file, time by the limit, in all cases.
 */
export async function readHdf5(
  bytes: Uint8Array,
  path: string,
  { timeLimit = 1000 + bytes.length / 10_000 }: ReadHdf5Options = {},
): Promise<SafeTensors> {
  return await readable(path, async () => {
    checkSignature(bytes);
    return { tensors: await readInWorker(bytes, timeLimit), metadata: {} };
  });
}

function checkSignature(bytes: Uint8Array): void {
  if (bytes.length === 0) throw new SyntaxError("it is empty");
  if (isHdf5(bytes)) return;
  const start = printable(latin1(bytes.subarray(0, 16)));
  throw new SyntaxError(`it is not an HDF5 file, for it begins with ${start}`);
}

/** Milliseconds for the start of a worker, which takes a third of a second where nothing else is done. */
const START_LIMIT = 30_000;

async function readInWorker(
  bytes: Uint8Array,
  timeLimit: number,
): Promise<Record<string, SafeTensor>> {
  const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
  try {
    await within(START_LIMIT, nextMessage<Ready>(worker), "the worker for it does not start");
    // A copy, to be given away: the bytes stay the caller's.
    const order: Order = { bytes: bytes.slice(), limit: memoryLimit(bytes) };
    const coming = nextMessage<Answer>(worker);
    worker.postMessage(order, [order.bytes.buffer]);
    const answer = await within(timeLimit, coming, tooLong(timeLimit));
    if (answer.problem !== undefined) throw new SyntaxError(answer.problem);
    return answer.tensors;
  } finally {
    worker.terminate();
  }
}

function tooLong(timeLimit: number): string {
  const seconds = Math.ceil(timeLimit / 1000);
  return `it takes more than ${seconds} s, far longer than a sound file; it may be damaged`;
}

/** What is promised, unless it takes too long. */
async function within<T>(milliseconds: number, promise: Promise<T>, problem: string): Promise<T> {
  const timer = Promise.withResolvers<never>();
  const timeout = setTimeout(() => timer.reject(new SyntaxError(problem)), milliseconds);
  try {
    return await Promise.race([promise, timer.promise]);
  } finally {
    clearTimeout(timeout);
  }
}

function nextMessage<T>(worker: Worker): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  worker.onmessage = ({ data }: MessageEvent<T>) => resolve(data);
  worker.onerror = (event) => {
    event.preventDefault(); // it would end the whole program
    reject(new SyntaxError(`the worker that reads it failed: ${printable(event.message)}`));
  };
  return promise;
}
