/**
 * What keeps the HDF5 library within its worker.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import type { Left } from "./confined_worker.ts";

Deno.test("confinement leaves a worker some memory, and no way out", async () => {
  const worker = new Worker(new URL("./confined_worker.ts", import.meta.url), { type: "module" });
  const { promise, resolve, reject } = Promise.withResolvers<Left>();
  worker.onmessage = ({ data }: MessageEvent<Left>) => resolve(data);
  worker.onerror = ({ message }) => reject(new Error(message));
  const { pages, globals } = await promise.finally(() => worker.terminate());
  assertEquals(pages, [2, "RangeError", "RangeError"]);
  assertEquals(globals, []);
});
