/**
 * Chooses what computes: the graphics processor if the browser lets pages use one, otherwise the
 * processor.
 *
 * @module
 */
/// <reference lib="dom" />
import * as tf from "@tensorflow/tfjs-core";
import { setWasmPaths } from "@tensorflow/tfjs-backend-wasm";
import "@tensorflow/tfjs-backend-webgpu";

/** A backend of tfjs that the page brings. */
export type Backend = "webgpu" | "wasm";

/** What is asked of WebGPU. TypeScript's library does not have it yet. */
interface Gpu {
  requestAdapter(): Promise<{ info?: { isFallbackAdapter?: boolean } } | null>;
}

/** True if the browser has WebGPU on a graphics processor: in software, WebAssembly is faster. */
export async function hasWebGpu(): Promise<boolean> {
  const { gpu } = navigator as unknown as { gpu?: Gpu };
  const adapter = await gpu?.requestAdapter().catch(() => null);
  return adapter != null && adapter.info?.isFallbackAdapter !== true;
}

/** The backends to try: the one that the page's address names, or else the faster one first. */
export function backendsToTry(address: string, onGpu: boolean): readonly Backend[] {
  const named = new URL(address).searchParams.get("backend");
  if (named === "wasm" || named === "webgpu") return [named];
  return onGpu ? ["webgpu", "wasm"] : ["wasm"];
}

/**
 * Starts the first of some backends that works here.
 *
 * @throws {Error} If none does.
 */
export async function startBackend(wanted: readonly Backend[]): Promise<Backend> {
  // Threads need headers that most servers do not send, and a file of their own.
  tf.env().set("WASM_HAS_MULTITHREAD_SUPPORT", false);
  setWasmPaths("./");
  for (const backend of wanted) {
    if (await tf.setBackend(backend).catch(() => false)) return backend;
  }
  throw new Error(`it has no working ${wanted.join(" or ")}`);
}
