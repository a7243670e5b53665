/**
 * The keys of a state in one dictionary, as files and messages have them. Light: the launcher reads
 * checkpoints before anything is computed.
 *
 * @module
 */
import { addPrefix, isTrainable, type Params } from "../params.ts";
import type { Trained, TrainState } from "./train_step.ts";

/** In files and messages, the keys of what the loss learns start with this. */
export const lossPrefix = "loss.";

/** The student's tensors and those of the loss, by the keys that files and messages have. */
export function inOneDictionary(part: keyof Trained, state: TrainState): Params {
  return { ...state[part], ...addPrefix(lossPrefix, state.loss?.[part] ?? {}) };
}

/** The keys of the trainable parameters, the loss's own included, in the order of their gradients. */
export function trainableKeys(state: TrainState): string[] {
  return Object.keys(inOneDictionary("params", state)).filter(isTrainable);
}
