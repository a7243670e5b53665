/**
 * Confines the HDF5 library to its worker, because it is C code that reads untrusted files.
 *
 * @module
 */

/** Bytes per page of WebAssembly memory. */
const pageBytes = 2 ** 16;

/** Limits the growth of WebAssembly memory: beyond the limit, allocation fails. */
export function limitMemory(limit: number): void {
  const memory = WebAssembly.Memory.prototype;
  const grow = memory.grow;
  memory.grow = function (this: WebAssembly.Memory, pages: number): number {
    const size = this.buffer.byteLength + pages * pageBytes;
    if (size > limit) throw new RangeError(`${size} bytes are more than the ${limit} allowed`);
    return grow.call(this, pages);
  };
}

/** Globals that give access to the outside of a worker. */
const waysOut = [
  "Deno",
  "process",
  "fetch",
  "WebSocket",
  "WebSocketStream",
  "EventSource",
  "Worker",
  "caches",
];

/**
 * Removes the globals that give access to the outside of this worker. The library does not need them,
 * and can only reach them if it is exploited. Permissions would be better, but Deno only restricts a
 * worker's permissions under an unstable flag, and revoking them in a worker affects the whole program.
 */
export function closeWaysOut(): void {
  for (const name of waysOut) Reflect.deleteProperty(globalThis, name);
}

/** Turns off the console, because the library prints a page for every error. */
export function silence(): void {
  for (const method of ["log", "warn", "error"] as const) console[method] = () => {};
}
