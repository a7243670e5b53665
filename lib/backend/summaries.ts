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
  /** Sends what is buffered to the disk. */
  flush(): void;
}

/**
 * Opens an events file in the folder. TensorFlow must be tfjs's backend.
 *
 * @throws {UserError} If the folder holds links or devices in place of events: TensorFlow names its
 * file after the time, and would write to wherever such a name leads.
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
