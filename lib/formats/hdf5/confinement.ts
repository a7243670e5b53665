/**
 * What keeps the HDF5 library, which is C and reads files of any origin, within its worker.
 *
 * @module
 */

/** Bytes in a page of WebAssembly's memory. */
const PAGE = 2 ** 16;

/** Ends the growth of WebAssembly's memory: beyond the limit the library is told that there is none. */
export function limitMemory(limit: number): void {
  const memory = WebAssembly.Memory.prototype;
  const grow = memory.grow;
  memory.grow = function (this: WebAssembly.Memory, pages: number): number {
    const size = this.buffer.byteLength + pages * PAGE;
    if (size > limit) throw new RangeError(`${size} bytes are more than the ${limit} allowed`);
    return grow.call(this, pages);
  };
}

/** The ways out of a worker. */
const waysOut = [
  "Deno",
  "fetch",
  "WebSocket",
  "WebSocketStream",
  "EventSource",
  "Worker",
  "caches",
];

/**
 * Takes from this worker what leads out of it. The library has no use for any of it and cannot reach it
 * unless it is broken into. Permissions would be the tool, but Deno gives a worker fewer of its own
 * under an unstable flag only, and what a worker revokes is revoked for the whole program.
 */
export function closeWaysOut(): void {
  for (const name of waysOut) Reflect.deleteProperty(globalThis, name);
}

/** The library writes a page about every error to the console. */
export function silence(): void {
  for (const method of ["log", "warn", "error"] as const) console[method] = () => {};
}
