/** A run without a network, for tests of what a run writes. @module */
import type { RunOptions } from "../../../tasks/run/training_run.ts";
import { counting } from "../../lib/train/counting.ts";

/** The options of a run in a folder, of epochs of three steps, with a checkpoint after each step. */
export function runIn(folder: string): RunOptions {
  return {
    ...counting(),
    ...{ task: "none", folder, engine: "none", logged: {}, logSteps: false, stepsPerEpoch: 3 },
    ...{ json: true, every: "1", keep: 1, resumed: undefined },
    metrics: { n_parameters: 1, num_classes: 10 },
    saveStudent: () => Promise.resolve(),
  };
}
