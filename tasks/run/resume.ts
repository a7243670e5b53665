/**
 * What `--resume` does: takes a run up where its newest checkpoint has it, and says what is not as it
 * was.
 *
 * @module
 */
import { batchCount } from "../../lib/data/batches.ts";
import { printable, UserError } from "../../lib/errors.ts";
import { addPrefix, checkFiniteParams, checkParams, findMismatch } from "../../lib/params.ts";
import {
  checkpointShapes,
  loadCheckpoint,
  type Versions,
  versionsOf,
} from "../../lib/train/checkpoint.ts";
import type { Position } from "../../lib/train/loop.ts";
import { inOneDictionary, lossPrefix } from "../../lib/train/state_keys.ts";
import type { TrainState } from "../../lib/train/train_step.ts";
import { changedOptions, type LoggedOptions, namesTeacher } from "../cli/resumed_options.ts";
import type { StudentArchitecture } from "../../lib/networks/recognize.ts";
import type { Teacher } from "./teacher.ts";

/** The run as it is to go on. */
export interface ResumeOptions {
  /** The run folder. */
  folder: string;
  /** Its options now. */
  options: LoggedOptions;
  /** What computes now, in words. */
  engine: string;
  /** The student's first parameters and the loss's own: what the checkpoint's must be like. */
  expected: TrainState;
  /** The number of training images. */
  images: number;
  /** The file of the teacher's parameters, and its digest, as checkpoints have it. */
  teacher: Pick<Teacher, "path" | "digest"> | undefined;
}

/**
 * Reads the newest checkpoint that is whole.
 *
 * @throws {UserError} If there is none, it is not finite, or it does not fit: it is of another network, or an option,
 * the number of images or the teacher differs, which may change between epochs only, and it is of the
 * middle of one.
 */
export async function resumeRun(
  { folder, options, engine, expected, images, teacher }: ResumeOptions,
): Promise<{ state: TrainState; position: Position }> {
  const checkpoint = await loadCheckpoint(folder);
  const { state, position, versions, path, damaged } = checkpoint;
  for (const problem of damaged) console.error(`note: passed over ${problem}`);
  const before = { options: checkpoint.options, images: checkpoint.images ?? images };
  const digest = checkpoint.teacherDigest;
  const sameTeacher = teacher !== undefined && digest === teacher.digest;
  tellOptions(folder, position, before, { options, sameTeacher });
  if (before.images !== images) {
    tellOthers(folder, position, {
      change: `${images} training images in place of ${before.images}`,
      remedy: "began with those; put them back as they were",
    });
  }
  if (teacher !== undefined && digest !== undefined && !sameTeacher) {
    tellOthers(folder, position, {
      change: "other parameters of the teacher",
      remedy: `began with another file than ${teacher.path}; put that one back, or name its place`,
    });
  }
  checkPosition(position, { images, options }, path);
  const [params, buffers] = [inOneDictionary("params", state), inOneDictionary("buffers", state)];
  const source = `the checkpoint of ${folder}`;
  checkParams(params, inOneDictionary("params", expected), source);
  await checkFiniteParams({ ...params, ...addPrefix("momentum of ", buffers) }, path);
  checkParams(buffers, inOneDictionary("buffers", expected), source);
  tellVersions(versions, versionsOf(engine));
  console.error(`resumed after ${position.steps} steps, from ${path}`);
  return { state, position };
}

/**
 * Compares the student that the options of a checkpoint ask for with the parameters in it, before that
 * student is made: a stranger's options may ask for more than any memory has.
 *
 * @throws {UserError} If they are not those of the student.
 */
export async function checkResumed(
  folder: string,
  { shapes }: Pick<StudentArchitecture, "shapes">,
): Promise<void> {
  const stored = Object.entries(await checkpointShapes(folder))
    .filter(([key]) => !key.startsWith(lossPrefix));
  const mismatch = findMismatch(Object.fromEntries(stored), shapes());
  if (mismatch === undefined) return;
  throw new UserError(
    `Cannot use the checkpoint of ${folder}: ${mismatch}; check depth, width and classes`,
  );
}

function tellOptions(
  folder: string,
  { epoch, batch, steps }: Position,
  before: { options: LoggedOptions; images: number },
  { options: now, sameTeacher }: { options: LoggedOptions; sameTeacher: boolean },
): void {
  const changes = changedOptions(before.options, now).map((change) =>
    sameTeacher && namesTeacher.includes(change.name)
      ? { ...change, text: `${change.text}, with the same parameters`, atAnyStep: true }
      : change
  );
  const refused = changes.filter(({ atAnyStep }) => batch > 0 && !atAnyStep);
  if (refused.length > 0) {
    const end = steps - batch + batchCount(before.images, before.options.batch_size as number);
    throw new UserError(
      `Cannot resume ${folder} with ${
        refused.map(({ text }) => text).join(", ")
      }: it stopped within ` +
        `epoch ${epoch + 1}, and this would change it midway; finish that epoch first, with ` +
        `--max-steps ${end} and the options as they were`,
    );
  }
  for (const { text } of changes) console.error(`note: ${text}`);
}

/**
 * What an epoch is computed from must not change within it: with another number of images, some would
 * come twice and some never.
 */
function tellOthers(
  folder: string,
  { epoch, batch }: Position,
  { change, remedy }: { change: string; remedy: string },
): void {
  if (batch > 0) {
    throw new UserError(
      `Cannot resume ${folder} with ${change}: it stopped within epoch ${epoch + 1}, which ` +
        `${remedy}, or start a new run`,
    );
  }
  console.error(`note: ${change}`);
}

/** A damaged checkpoint, or a stranger's, may say more steps than an epoch has. */
function checkPosition(
  { batch }: Position,
  { images, options }: Pick<ResumeOptions, "images" | "options">,
  path: string,
): void {
  const count = batchCount(images, options.batch_size as number);
  if (batch <= count) return;
  throw new UserError(
    `Cannot resume from ${path}: ${batch} steps of an epoch are done, which has ${count}: it is ` +
      "damaged; remove it to continue from the one before, or start a new run",
  );
}

/** Other versions and other processors compute the same, but for the last bits. */
function tellVersions(before: Versions, now: Versions): void {
  for (const name of ["engine", "tfjs", "deno"] as const) {
    if (before[name] === now[name]) continue;
    console.error(
      `note: ${name} was ${printable(before[name])} and is ${
        now[name]
      }: results may differ in the last bits`,
    );
  }
}
