/**
 * When a run writes checkpoints, and what it says of them where it fails.
 *
 * @module
 */
import { UserError } from "../../lib/errors.ts";
import { existsSync } from "../../lib/files.ts";
import { type Checkpoint, checkpointPath, saveCheckpoint } from "../../lib/train/checkpoint.ts";
import type { Place } from "../../lib/train/loop.ts";
import { shellWord } from "../cli/shell.ts";
import { collectGarbage } from "./garbage.ts";
import { explainMemory, smallerBatches } from "./out_of_memory.ts";

/** The checkpoints of a run. */
export interface Checkpoints {
  /** Whether a checkpoint is due, now that so many steps are done. */
  due(done: Place): boolean;
  /** Writes one. Throws as {@link saveCheckpoint}. */
  save(checkpoint: Pick<Checkpoint, "state" | "position">): Promise<void>;
  /** A failure, with what the user can do and go on from. */
  explain(error: unknown): unknown;
}

/** How a run keeps its checkpoints. */
export interface CheckpointsOptions extends Omit<Checkpoint, "state" | "position"> {
  /** The run folder. */
  folder: string;
  /** So many steps, `500`, or minutes, `10m`. */
  every: string;
  keep: number;
  /** The place of the checkpoint that the run goes on from, where it does. */
  resumed: Place | undefined;
}

/**
 * Keeps the checkpoints of a run.
 *
 * @param now milliseconds since any moment.
 */
export function keepCheckpoints(
  run: CheckpointsOptions,
  now: () => number = () => performance.now(),
): Checkpoints {
  const { folder, options, engine, images, teacherDigest, every, keep } = run;
  const count = parseInt(every);
  const began = identityOf(folder);
  const isSameFolder = () => identityOf(folder) === began;
  let newest = run.resumed;
  let saved = now();
  return {
    due: ({ steps }) => every.endsWith("m") ? now() - saved >= count * 60_000 : steps % count === 0,
    async save({ state, position }) {
      const fixed = { options, engine, images, teacherDigest };
      // To make the folder anew would be to train in one that nobody keeps others out of.
      if (!isSameFolder()) {
        throw new UserError(`Cannot write to the run folder ${folder}: it was moved or removed`);
      }
      await saveCheckpoint(folder, { state, position, ...fixed }, { keep });
      newest = position;
      saved = now();
      collectGarbage(); // of the bytes that were written
    },
    explain(failure) {
      const error = explainMemory(failure, smallerBatches(newest ?? { batch: 0 }));
      if (!(error instanceof UserError) || !newest) return error;
      const path = checkpointPath(folder, newest.steps);
      const rest = began !== undefined && !(isSameFolder() && existsSync(path))
        ? `${path} is gone: put it back and go on with --resume ${
          shellWord(folder)
        }, or start a new run`
        : `${path} is whole: continue from it with --resume ${shellWord(folder)}`;
      return new UserError(`${error.message}; ${rest}`, { cause: error });
    },
  };
}

/** What tells a folder from another one of its name; undefined where there is none. */
function identityOf(folder: string): string | undefined {
  try {
    const { dev, ino } = Deno.statSync(folder);
    return `${dev} ${ino}`;
  } catch {
    return undefined;
  }
}
