/**
 * Runs train.ts on Node, Bun or Deno, and prints a line of JSON with what it found. The arguments are
 * files of parameters, which are read as bytes.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import process from "node:process";
import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-wasm";
import { train } from "./train.ts";

await tf.setBackend("wasm");
const files = process.argv.slice(2).map((file) => {
  const name = file.replace(/^.*[/\\]/, "");
  return [name, new Uint8Array(readFileSync(file))] as const;
});
console.log(JSON.stringify(await train(Object.fromEntries(files))));
