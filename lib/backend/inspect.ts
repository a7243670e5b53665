/**
 * Reports the abilities of the running engine: devices, fused ops, precisions.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { UserError } from "../errors.ts";
import type { Binding } from "./binding.ts";
import { canFuse, canNarrow } from "../jit/probes.ts";

/** The abilities of the running engine. */
export interface Abilities {
  /** The devices by kind and number, such as `GPU:0`. */
  devices: string[];
  /** True if it uses TensorFlow's fused ops. Never on a GPU. */
  fusedOps: boolean;
  /** True if it can compute convolutions in bfloat16. */
  bfloat16: boolean;
}

/**
 * Tests the engine started by `useTensorFlow` with small computations.
 *
 * @throws {UserError} If it is not running.
 */
export function inspectTensorFlow(): Abilities {
  const backend = tf.findBackend("tensorflow") as { binding?: Binding } | null;
  if (!backend?.binding) {
    throw new UserError("Cannot inspect TensorFlow: it does not run; call useTensorFlow() first", {
      code: "not-supported",
    });
  }
  const { context } = backend.binding;
  const fusedOps = canFuse(context);
  return {
    devices: context.devices.map(({ name }) => name.replace(/^.*device:/, "")),
    fusedOps,
    bfloat16: canNarrow(fusedOps, context),
  };
}
