/**
 * The keys of a state in files and messages. This module has no heavy imports, because the launcher
 * reads checkpoints, too.
 *
 * @module
 */
import { addPrefix, isTrainable, type Tensors } from "../params.ts";
import type { Trained, TrainState } from "./train_state.ts";

/** The prefix of the loss's own parameters in files and messages. */
export const lossPrefix = "loss.";

/** The tensors of the student and of the loss in one dictionary, with the keys of files and messages. */
export function inOneDictionary(part: keyof Trained, state: TrainState): Tensors {
  return { ...state[part], ...addPrefix(lossPrefix, state.loss?.[part] ?? {}) };
}

/** The keys of all trainable parameters, including the loss's own, in the order of their gradients. */
export function trainableKeys(state: TrainState): string[] {
  return Object.keys(inOneDictionary("params", state)).filter(isTrainable);
}
