/**
 * Reads parameters from HDF5 files, including those of hickle.
 *
 * @module
 */
import { printable } from "../../errors.ts";
import { isHdf5 } from "../kind.ts";
import { memoryLimit, quotedStart, readable } from "../untrusted.ts";
import type { SafeTensor, SafeTensors } from "../safetensors.ts";
import type { Answer, Order, Ready } from "./worker.ts";

/** Options of {@link readHdf5}. */
export interface ReadHdf5Options {
  /**
   * The time limit in milliseconds, counted from when the library is loaded. Default: 20 seconds, plus
   * 1 second per 10 MB. A good file of a hundred arrays takes 0.3 seconds, but ten times as long beside
   * other programs that use all processors.
   */
  timeLimit?: number;
}

/**
 * Reads the state dictionary in the bytes of an `.hkl` or `.h5` file. Each dataset's key is its path,
 * joined by dots. For hickle files of all versions, the keys are the original ones from Python, without
 * hickle's own groups and quotes.
 *
 * The HDF5 library (h5wasm) runs as WebAssembly in its own worker, so that malicious files cannot harm
 * the rest of the program. Links are not followed, and pickles are not read. Deno only starts a worker
 * if this module may be read: `--allow-read` for its folder, unless it is remote.
 *
 * @param path of the file, only for messages.
 * @returns arrays in PyTorch's layout and types, as from a safetensors file.
 * @throws {UserError} If the file is damaged, of another kind, contains something that is not an array
 * of numbers, or takes too long. Memory is always limited by the file size, and time by the time limit.
 */
export async function readHdf5(
  bytes: Uint8Array,
  path: string,
  { timeLimit = 20_000 + bytes.length / 10_000 }: ReadHdf5Options = {},
): Promise<SafeTensors> {
  return await readable(path, async () => {
    checkSignature(bytes);
    return { tensors: await readInWorker(bytes, timeLimit), metadata: {} };
  });
}

function checkSignature(bytes: Uint8Array): void {
  if (bytes.length === 0) throw new SyntaxError("it is empty");
  if (isHdf5(bytes)) return;
  throw new SyntaxError(`it is not an HDF5 file, for it begins with ${quotedStart(bytes)}`);
}

/** The time limit for starting a worker, in milliseconds. On an idle machine it takes 0.3 seconds. */
const startLimit = 30_000;

async function readInWorker(
  bytes: Uint8Array,
  timeLimit: number,
): Promise<Record<string, SafeTensor>> {
  const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
  try {
    await within(startLimit, nextMessage<Ready>(worker), "the worker for it does not start");
    // A copy to transfer, so that the caller keeps its bytes.
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

/** Rejects if the promise takes too long. */
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
    event.preventDefault(); // otherwise it would end the whole program
    reject(new SyntaxError(`the worker that reads it failed: ${printable(event.message)}`));
  };
  return promise;
}
