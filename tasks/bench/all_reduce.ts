/**
 * Our half's sums over several processes.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { jit } from "../../lib/jit/mod.ts";
import { allReduce } from "../../lib/train/workers.ts";
import { type Program, timeSteps } from "./in_turns.ts";

/** Sums so many float32 numbers over all processes, compiled as in a training step. */
export function allReduceProgram(size: number): Program {
  const sum = jit((x: tf.Tensor1D) => allReduce(x));
  const own = tf.zeros<tf.Rank.R1>([size]);
  return (steps) => timeSteps(steps, () => sum(own), (all) => tf.dispose(all));
}
