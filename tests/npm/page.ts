/**
 * Runs train.ts in a browser. The page's text becomes what it found.
 *
 * @module
 */
/// <reference lib="dom" />
import * as tf from "@tensorflow/tfjs-core";
import { setWasmPaths } from "@tensorflow/tfjs-backend-wasm";
import { train } from "./train.ts";

async function fetched(name: string): Promise<Uint8Array> {
  return new Uint8Array(await (await fetch(name)).arrayBuffer());
}

tf.env().set("WASM_HAS_MULTITHREAD_SUPPORT", false); // its threads need headers of the server
setWasmPaths("./");
await tf.setBackend("wasm");
const names = new URLSearchParams(location.search).getAll("file");
const files = await Promise.all(names.map(async (name) => [name, await fetched(name)] as const));
document.body.textContent = JSON.stringify(await train(Object.fromEntries(files)));
