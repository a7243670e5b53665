/**
 * Refuses to make tensors before there is a backend to hold them.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { UserError } from "./errors.ts";

/**
 * Checks that a backend of tfjs is loaded. tfjs only says "No backend found in registry".
 *
 * @param what is to be made, as in "Cannot make ...".
 * @throws {UserError} If none is.
 */
export function needBackend(what: string): void {
  if (tf.engine().backendNames().length > 0) return;
  throw new UserError(
    `Cannot make ${what}: no backend of tfjs is loaded; first call await useTensorFlow(), or import a ` +
      `backend, such as @tensorflow/tfjs-backend-wasm, and call await tf.setBackend("wasm")`,
    { code: "not-supported" },
  );
}
