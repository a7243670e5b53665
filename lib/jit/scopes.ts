/**
 * Detects what tfjs is doing by the names of its open scopes.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";

/** True while tfjs computes gradients; see `gradients` in its `engine.ts`. */
export function isInBackwardPass(): boolean {
  const passes = ["forward", "backward"];
  return tf.engine().state.scopeStack.findLast(({ name }) => passes.includes(name))?.name ===
    "backward";
}

/** True while this tfjs op runs; see its `operation.ts`. */
export function runsOp(name: string): boolean {
  return tf.engine().state.activeScope?.name === `${name}__op`;
}
