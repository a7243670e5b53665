/**
 * Decides when a run writes checkpoints, and names the newest one if the run fails.
 *
 * @module
 */
import { UserError } from "../../lib/errors.ts";
import { existsSync } from "../../lib/files.ts";
import { type Checkpoint, checkpointPath, saveCheckpoint } from "../../lib/train/checkpoint.ts";
import type { Place } from "../../lib/train/position.ts";
import { flagName } from "../cli/flags.ts";
import { type LoggedOptions, resumeFlags } from "../cli/resumed_options.ts";
import { collectGarbage } from "./garbage.ts";
import { explainMemory, smallerBatches } from "./out_of_memory.ts";

export interface Checkpoints {
  /** True if a checkpoint is due after these steps. */
  due(done: Place): boolean;
  /** Writes a checkpoint. Throws like {@link saveCheckpoint}. */
  save(checkpoint: Pick<Checkpoint, "state" | "position" | "elapsed">): Promise<void>;
  /** Adds to a failure what the user can do and which checkpoint to continue from. */
  explain(error: unknown): unknown;
}

/** How a run writes its checkpoints. */
export interface CheckpointsOptions extends Omit<Checkpoint, "state" | "position" | "elapsed"> {
  /** The run folder. */
  folder: string;
  /** A number of steps, `500`, or of minutes, `10m`. */
  every: string;
  keep: number;
  /** The position of the checkpoint that the run continues from, if any. */
  resumed: Place | undefined;
}

/**
 * Writes the checkpoints of a run.
 *
 * @param now Milliseconds since any fixed moment.
 */
export function keepCheckpoints(
  run: CheckpointsOptions,
  now: () => number = () => performance.now(),
): Checkpoints {
  const { folder, options, engine, images, every, keep } = run;
  const count = parseInt(every);
  const began = identityOf(folder);
  const isSameFolder = () => identityOf(folder) === began;
  let newest = run.resumed;
  let saved = now();
  return {
    due: ({ steps }) => every.endsWith("m") ? now() - saved >= count * 60_000 : steps % count === 0,
    async save({ state, position, elapsed }) {
      const { dataDigest, networkDigest, teacherDigest } = run;
      const fixed = { options, engine, images, dataDigest, networkDigest, teacherDigest };
      // Do not make the folder again: the new one would not be locked against other runs.
      if (!isSameFolder()) {
        throw new UserError(`Cannot write to the run folder ${folder}: it was moved or removed`);
      }
      await saveCheckpoint(folder, { state, position, elapsed, ...fixed }, { keep });
      newest = position;
      saved = now();
      collectGarbage(); // frees the written bytes
    },
    explain(failure) {
      const error = explainMemory(failure, smallerBatches(newest ?? { batch: 0 }));
      if (!(error instanceof UserError) || !newest) return error;
      const path = checkpointPath(folder, newest.steps);
      const again = resumeFlags(folder, options);
      const rest = began !== undefined && !(isSameFolder() && existsSync(path))
        ? `${path} is gone: put it back and go on with ${again}, or start a new run`
        : `${path} is whole: continue from it with ${again}${
          otherPrecision(error, newest, options)
        }`;
      return new UserError(`${error.message}; ${rest}`, { cause: error });
    },
  };
}

/** What else a run needs to go on that this processor cannot compute in bfloat16. */
function otherPrecision(error: UserError, { batch }: Place, options: LoggedOptions): string {
  if (!error.message.startsWith("Cannot compute in bfloat16")) return "";
  if (batch > 0) return " on a processor that can: the precision cannot change within an epoch";
  return ["precision", "teacher_precision"].filter((name) => options[name] === "bfloat16")
    .map((name) => ` ${flagName(name)} float32`).join("");
}

/** Identifies a folder, even if another one takes its name; undefined if it does not exist. */
function identityOf(folder: string): string | undefined {
  try {
    const { dev, ino } = Deno.statSync(folder);
    return `${dev} ${ino}`;
  } catch {
    return undefined;
  }
}
