/**
 * Implements `--resume`: continues a run from its newest checkpoint, and reports what has changed.
 *
 * @module
 */
import { batchCount } from "../../lib/data/batches.ts";
import { printable, UserError } from "../../lib/errors.ts";
import { addPrefix, checkFiniteParams, checkParams, findMismatch } from "../../lib/params.ts";
import {
  checkpointOptions,
  checkpointShapes,
  type Elapsed,
  loadCheckpoint,
  type Versions,
  versionsOf,
} from "../../lib/train/checkpoint.ts";
import { copyParams } from "../../lib/train/average.ts";
import type { Position } from "../../lib/train/position.ts";
import { inOneDictionary, lossPrefix } from "../../lib/train/state_keys.ts";
import type { TrainState } from "../../lib/train/train_state.ts";
import { argumentsFor } from "../cli/flags.ts";
import { changedOptions, type LoggedOptions, teacherOptions } from "../cli/resumed_options.ts";
import type { StudentArchitecture } from "../../lib/networks/recognize.ts";
import type { Teacher } from "./teacher.ts";

/** The run as it should continue. */
export interface ResumeOptions {
  /** The run folder. */
  folder: string;
  /** The current options. */
  options: LoggedOptions;
  /** The current engine, in words. */
  engine: string;
  /** The student's initial parameters and the loss's own. The checkpoint's must match them. */
  expected: TrainState;
  /** The number of training images. */
  images: number;
  /** The digest of the data set, if it is known. */
  dataDigest?: string | undefined;
  /** The student's file, if it is a network of the user's own. */
  own?: StudentArchitecture["own"];
  /** The file of the teacher's parameters, and the digest that checkpoints store. */
  teacher: Pick<Teacher, "path" | "digest" | "own"> | undefined;
}

/**
 * Reads the newest intact checkpoint.
 *
 * @throws {UserError} If there is none, it is not finite, or it is of another network. Also if the
 * checkpoint is within an epoch and something changed that may only change between epochs: an
 * option, the number of images or the teacher.
 */
export async function resumeRun(
  { folder, options, engine, expected, images, dataDigest, own, teacher }: ResumeOptions,
): Promise<{ state: TrainState; position: Position; elapsed: Elapsed | undefined }> {
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
  } else if ((checkpoint.dataDigest ?? dataDigest) !== dataDigest) {
    tellOthers(folder, position, {
      change: "other images",
      remedy: "began with those of before; put them back as they were",
    });
  }
  if (own && (checkpoint.networkDigest ?? own.digest) !== own.digest) {
    tellOthers(folder, position, {
      change: `another version of ${own.file}`,
      remedy: "began with the network as it was; put its file back",
    });
  }
  if (teacher !== undefined && digest !== undefined && !sameTeacher) {
    const { path: file, own: theirs } = teacher;
    const either = theirs === undefined ? "" : `, or another version of ${theirs.file}`;
    tellOthers(folder, position, {
      change: theirs === undefined ? "other parameters of the teacher" : "another teacher",
      remedy: `began with another file than ${file}${either}; put that one back, or name its place`,
    });
  }
  checkPosition(position, { images, options }, path);
  const [params, buffers] = [inOneDictionary("params", state), inOneDictionary("buffers", state)];
  const source = `the checkpoint of ${folder}`;
  checkParams(params, inOneDictionary("params", expected), source);
  await checkFiniteParams({ ...params, ...addPrefix("momentum of ", buffers) }, path);
  checkParams(buffers, inOneDictionary("buffers", expected), source);
  // Averages may begin or end between epochs, like other options.
  const { average: stored, ...rest } = state;
  const average = expected.average && (stored ?? copyParams(state.params));
  if (average) {
    checkParams(average, expected.average ?? {}, source);
    await checkFiniteParams(addPrefix("average of ", average), path);
  }
  tellVersions(versions, versionsOf(engine));
  console.error(`resumed after ${position.steps} steps, from ${path}`);
  const { elapsed } = checkpoint;
  return { state: { ...rest, ...(average && { average }) }, position, elapsed };
}

/**
 * Checks that a run is of the kind of network that `--model` names, or of ours without it.
 *
 * @param own the file of the network of one's own.
 * @throws {UserError} If it is not.
 */
export async function checkNetworkKind(folder: string, own: string | undefined): Promise<void> {
  const options = await checkpointOptions(folder);
  const { model } = options;
  if (typeof model === "string" && own === undefined) {
    throw new UserError(
      `Cannot go on with ${folder}: it trains a network of one's own, ${printable(model)}; name ` +
        "that file with --model",
    );
  }
  if (typeof model !== "string" && own !== undefined) {
    throw new UserError(
      `Cannot go on with ${folder}: it trains another network, ${networkIn(options)}, and not ` +
        `${own}; leave out --model`,
    );
  }
}

/**
 * Compares the checkpoint's parameters with the student that its options describe, before creating
 * that student: a stranger's options may ask for more memory than exists.
 *
 * @throws {UserError} If they do not match.
 */
export async function checkResumed(
  folder: string,
  { shapes, own }: Pick<StudentArchitecture, "shapes" | "own">,
): Promise<void> {
  await checkNetworkKind(folder, own?.file);
  const stored = Object.entries(await checkpointShapes(folder))
    .filter(([key]) => !key.startsWith(lossPrefix));
  const mismatch = findMismatch(Object.fromEntries(stored), shapes());
  if (mismatch === undefined) return;
  throw new UserError(
    `Cannot use the checkpoint of ${folder}: ${mismatch}; ` +
      `check ${own?.file ?? "network, depth, width"} and classes`,
  );
}

/** The flags that name the network of a run, which is one of ours. */
function networkIn({ network, depth, width }: LoggedOptions): string {
  const named = typeof network === "string" && network !== "wrn";
  const known = Object.entries(named ? { network, width } : { depth, width })
    .filter(([, value]) => value !== undefined && value !== null);
  return printable(argumentsFor(Object.fromEntries(known) as LoggedOptions).join(" "));
}

function tellOptions(
  folder: string,
  { epoch, batch, steps }: Position,
  before: { options: LoggedOptions; images: number },
  { options: now, sameTeacher }: { options: LoggedOptions; sameTeacher: boolean },
): void {
  const changes = changedOptions(before.options, now).map((change) =>
    sameTeacher && teacherOptions.includes(change.name)
      ? { ...change, text: `${change.text}, with the same parameters`, atAnyStep: true }
      : change
  );
  const refused = changes.filter(({ atAnyStep }) => batch > 0 && !atAnyStep);
  if (refused.length > 0) {
    const end = steps - batch + batchCount(before.images, before.options.batch_size as number);
    throw new UserError(
      `Cannot resume ${folder} with ${refused.map(({ text }) => text).join(", ")}: ` +
        `it stopped within epoch ${epoch + 1}, and this would change it midway; ` +
        `finish that epoch first, with --max-steps ${end} and the options as they were`,
    );
  }
  for (const { text } of changes) console.error(`note: ${text}`);
}

/**
 * Refuses or reports a change of an epoch's inputs. They must not change within an epoch: with
 * another number of images, some would be seen twice and others never.
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

/** A damaged or foreign checkpoint may claim more steps than an epoch has. */
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

/** Other versions or processors give the same results except for the last bits. */
function tellVersions(before: Versions, now: Versions): void {
  for (const name of ["engine", "tfjs", "deno"] as const) {
    if (before[name] === now[name]) continue;
    const change = `${name} was ${printable(before[name])} and is ${now[name]}`;
    console.error(`note: ${change}: results may differ in the last bits`);
  }
}
