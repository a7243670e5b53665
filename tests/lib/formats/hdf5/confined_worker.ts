/**
 * A worker that confines itself, and tells what is left to it.
 *
 * @module
 */
import { closeWaysOut, limitMemory, silence } from "../../../../lib/formats/hdf5/confinement.ts";

/** What the worker tells. */
export interface Left {
  /** Pages of memory after each attempt to have one more; a text where that was refused. */
  pages: (number | string)[];
  /** What of these globals is there. */
  globals: string[];
}

const pageBytes = 2 ** 16;
const port = globalThis as unknown as { postMessage(message: Left): void };

limitMemory(2 * pageBytes);
closeWaysOut();
silence();
console.error("this must not be seen");

const memory = new WebAssembly.Memory({ initial: 1, maximum: 10 });
const pages = [1, 2, 3].map(() => {
  try {
    memory.grow(1);
    return memory.buffer.byteLength / pageBytes;
  } catch (error) {
    return (error as Error).name;
  }
});
const globals = ["Deno", "process", "fetch", "WebSocket", "Worker"].filter((name) =>
  name in globalThis
);
port.postMessage({ pages, globals });
