/**
 * Frees what tfjs has saved for a backward pass that then fails: tfjs (4.22) forgets it.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";

type Gradients = ReturnType<typeof tf.engine>["gradients"];

/** The parts of tfjs's engine that its types hide. */
interface Engine {
  state: ReturnType<typeof tf.engine>["state"];
  gradients: Gradients;
  saveTensorsForBackwardMode(tensors: (tf.Tensor | undefined)[]): tf.Tensor[];
}

/** Makes tfjs's gradients leave nothing behind where they throw. */
export function freeFailedGradients(): void {
  const engine = tf.engine() as unknown as Engine;
  const gradients = engine.gradients.bind(engine) as (...args: unknown[]) => unknown;
  engine.gradients = ((...args: unknown[]) => {
    try {
      return gradients(...args);
    } catch (error) {
      forgetTape(engine);
      throw error;
    }
  }) as Gradients;
  const save = engine.saveTensorsForBackwardMode.bind(engine);
  engine.saveTensorsForBackwardMode = (tensors) => {
    if (tensors.includes(undefined)) { // tfjs would find out when it has saved some
      throw new TypeError(
        "Cannot take the gradient of an op: it needs an input that the op was not given, such as the " +
          "scale or the offset of a batch norm; give all inputs",
      );
    }
    return save(tensors);
  };
}

function forgetTape({ state }: Engine): void {
  if (state.gradientDepth > 0) return; // the outer gradient's own tape goes on
  for (const { saved } of state.activeTape ?? []) tf.dispose(saved ?? []);
  state.activeTape = null as unknown as typeof state.activeTape;
}
