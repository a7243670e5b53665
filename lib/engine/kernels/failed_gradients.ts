/**
 * Frees what tfjs has saved for a backward pass that then fails: tfjs (4.22) forgets it.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";

type Engine = ReturnType<typeof tf.engine>;

/** Makes tfjs's gradients leave nothing behind where they throw. */
export function freeFailedGradients(): void {
  const engine = tf.engine();
  const gradients = engine.gradients;
  engine.gradients = function (this: Engine, ...args: Parameters<typeof gradients>) {
    try {
      return gradients.apply(this, args);
    } catch (error) {
      forgetTape(this);
      throw error;
    }
  } as typeof gradients;
}

function forgetTape({ state }: Engine): void {
  if (state.gradientDepth > 0) return; // the outer gradient's own tape goes on
  for (const { saved } of state.activeTape ?? []) tf.dispose(saved ?? []);
  state.activeTape = null as unknown as typeof state.activeTape;
}
