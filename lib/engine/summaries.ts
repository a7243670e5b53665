/**
 * TensorBoard events, written by TensorFlow's own ops through tfjs-node.
 *
 * @module
 */
import "./node_util.ts";
import { summaryFileWriter } from "@tensorflow/tfjs-node-gpu/dist/tensorboard.js";

/** Writes scalars for TensorBoard. */
export interface Summaries {
  scalar(name: string, value: number, step: number): void;
  /** Sends what is buffered to the disk. */
  flush(): void;
}

/** Opens an events file in the folder. TensorFlow must be tfjs's backend. */
export function openSummaries(folder: string): Summaries {
  return summaryFileWriter(folder);
}
