/**
 * What the running engine has: its devices, its fused ops, its precisions.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { UserError } from "../errors.ts";
import type { Binding } from "./binding.ts";
import { canFuse, canNarrow } from "../jit/probes.ts";

/** What the running engine has. */
export interface Abilities {
  /** The devices by kind and number, such as `GPU:0`. */
  devices: string[];
  /** Whether it computes with TensorFlow's fused ops, which it does not on a GPU. */
  fusedOps: boolean;
  /** Whether convolutions can be computed in bfloat16. */
  bfloat16: boolean;
}

/**
 * Finds out by small computations what the engine has that `useTensorFlow` started.
 *
 * @throws {UserError} If it has not been started.
 */
export function inspectTensorFlow(): Abilities {
  const backend = tf.findBackend("tensorflow") as { binding?: Binding } | null;
  if (!backend?.binding) {
    throw new UserError("Cannot inspect TensorFlow: it does not run; call useTensorFlow() first", {
      code: "not-supported",
    });
  }
  const { context, opInputs } = backend.binding;
  const fusedOps = canFuse(context, opInputs);
  return {
    devices: context.devices.map(({ name }) => name.replace(/^.*device:/, "")),
    fusedOps,
    bfloat16: canNarrow(fusedOps, context, opInputs),
  };
}
