/**
 * TensorBoard events, written by TensorFlow's own ops through tfjs-node.
 *
 * @module
 */
import { UserError } from "../errors.ts";
import "./node_util.ts";
import { summaryFileWriter } from "@tensorflow/tfjs-node-gpu/dist/tensorboard.js";

/** Writes scalars for TensorBoard. */
export interface Summaries {
  scalar(name: string, value: number, step: number): void;
  /** Writes buffered events to disk. */
  flush(): void;
}

/**
 * Opens an events file in the folder. TensorFlow must be tfjs's backend.
 *
 * @throws {UserError} If the folder has links or devices with names of events files. TensorFlow names
 * its file by the time, and would write through such a link.
 */
export function openSummaries(folder: string): Summaries {
  for (const { name, isFile } of Deno.readDirSync(folder)) {
    if (isFile || !name.startsWith("events.")) continue;
    throw new UserError(
      `Cannot write events in ${folder}: ${JSON.stringify(name)} is a link or a device, and no ` +
        "file; remove it",
      { code: "not-writable" },
    );
  }
  return summaryFileWriter(folder);
}
