/**
 * The file format of a checkpoint: a safetensors file. Its header holds the position, the options, the
 * versions that wrote it, and a checksum of everything.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { sha256 } from "../files.ts";
import { isObject, parseObject } from "../json.ts";
import { addPrefix, filterParams, findNonFinite, mapValues, underPrefix } from "../params.ts";
import { decodedShape } from "../formats/decode.ts";
import { isSize } from "../formats/untrusted.ts";
import { decodeParams, encodeParams } from "../formats/params_bytes.ts";
import { formatSafetensors, parseSafetensors, type SafeTensors } from "../formats/safetensors.ts";
import { isPossibleBest } from "./best.ts";
import { notFinite } from "./finite.ts";
import type { Position } from "./position.ts";
import type { Json } from "../json.ts";
import { inOneDictionary, lossPrefix } from "./state_keys.ts";
import type { TrainState } from "./train_state.ts";

/** What the current epoch of a run has taken so far. */
export interface Elapsed {
  /** Wall-clock seconds of its training. */
  readonly seconds: number;
  /** CPU seconds on all processors. */
  readonly processorSeconds: number;
}

/** The contents of a checkpoint. */
export interface Checkpoint {
  state: TrainState;
  position: Position;
  /** The options of the run, as in its log. */
  options: Record<string, Json>;
  /** The engine that computed the state, in words. */
  engine: string;
  /** The number of training images. The order of an epoch depends on it. */
  images?: number | undefined;
  /** A SHA-256 that identifies the data set, in hexadecimal, if it is known. */
  dataDigest?: string | undefined;
  /** The SHA-256 of the student's file, in hexadecimal, if it is a network of the user's own. */
  networkDigest?: string | undefined;
  /** A SHA-256 that identifies the teacher, in hexadecimal, if there is one. */
  teacherDigest?: string | undefined;
  /** What the epoch has taken so far, if it is not complete. */
  elapsed?: Elapsed | undefined;
}

/** The versions that wrote a checkpoint. They are shown to users, with any changes since then. */
export type Versions = Readonly<Record<"engine" | "tfjs" | "deno", string>>;

/** The contents of a checkpoint file, with tensors still as bytes. */
export interface CheckpointContent extends Omit<Checkpoint, "state" | "engine"> {
  tensors: SafeTensors["tensors"];
  versions: Versions;
}

const format = "attention-transfer checkpoint 3";
const checksumEntry = "sha256";

/** Another version of this library wrote the checkpoint. */
export class OtherFormatError extends Error {
  override name = "OtherFormatError";
}

/** The versions in use now. */
export function versionsOf(engine: string): Versions {
  return { engine, tfjs: tf.version_core, deno: Deno.version.deno };
}

/**
 * The bytes of a checkpoint.
 *
 * @throws {UserError} If a tensor, which is named, is not finite: training could not continue.
 */
export async function formatCheckpoint(
  { state, position, options, engine, images, elapsed, ...digests }: Checkpoint,
): Promise<Uint8Array<ArrayBuffer>> {
  await checkFinite(state);
  const tensors = await encodeParams({
    ...addPrefix("params/", inOneDictionary("params", state)),
    ...addPrefix("buffers/", inOneDictionary("buffers", state)),
    ...addPrefix("average/", state.average ?? {}),
  });
  const metadata = {
    format,
    position: formatPosition(position),
    options: JSON.stringify(options),
    versions: JSON.stringify(versionsOf(engine)),
    ...(images !== undefined && { images: String(images) }),
    ...(digests.dataDigest !== undefined && { data_sha256: digests.dataDigest }),
    ...(digests.networkDigest !== undefined && { network_sha256: digests.networkDigest }),
    ...(digests.teacherDigest !== undefined && { teacher_sha256: digests.teacherDigest }),
    ...(elapsed !== undefined && { elapsed: JSON.stringify(elapsed) }),
  };
  const sum = await checksum({ tensors, metadata });
  return formatSafetensors({ tensors, metadata: { ...metadata, [checksumEntry]: sum } });
}

/**
 * Reads the bytes of a checkpoint.
 *
 * @throws {SyntaxError} If they are damaged.
 * @throws {OtherFormatError} If they are undamaged, but from another version.
 */
export async function parseCheckpoint(bytes: Uint8Array): Promise<CheckpointContent> {
  const { tensors, metadata } = parseSafetensors(bytes);
  const { [checksumEntry]: sum, ...rest } = metadata;
  if (sum !== await checksum({ tensors, metadata: rest })) {
    throw new SyntaxError("its checksum is not that of what it holds");
  }
  if (rest.format !== format) throw new OtherFormatError("it was written by another version");
  if (!Object.keys(tensors).every((key) => /^(params|buffers|average)\//.test(key))) {
    throw new SyntaxError("it holds tensors that no checkpoint has");
  }
  return {
    tensors,
    position: parsePosition(objectIn(rest, "position")),
    options: objectIn(rest, "options"),
    versions: parseVersions(objectIn(rest, "versions")),
    images: parseImages(rest.images),
    dataDigest: rest.data_sha256,
    networkDigest: rest.network_sha256,
    teacherDigest: rest.teacher_sha256,
    elapsed: rest.elapsed === undefined ? undefined : parseElapsed(objectIn(rest, "elapsed")),
  };
}

/** The tensors of a checkpoint. Throws a SyntaxError for types that a checkpoint never has. */
export function stateOf({ tensors }: Pick<CheckpointContent, "tensors">): TrainState {
  const all = decodeParams(tensors);
  const [params, buffers] = [underPrefix("params/", all), underPrefix("buffers/", all)];
  const average = underPrefix("average/", all);
  const isOfLoss = (key: string) => key.startsWith(lossPrefix);
  const loss = {
    params: underPrefix(lossPrefix, params),
    buffers: underPrefix(lossPrefix, buffers),
  };
  return {
    params: filterParams(params, (key) => !isOfLoss(key)),
    buffers: filterParams(buffers, (key) => !isOfLoss(key)),
    ...(Object.keys(loss.params).length > 0 && { loss }),
    ...(Object.keys(average).length > 0 && { average }),
  };
}

/** The shapes of a checkpoint's parameters, without their values. */
export function shapesOf(
  { tensors }: Pick<CheckpointContent, "tensors">,
): Record<string, { shape: number[] }> {
  const params = underPrefix("params/", tensors);
  return mapValues(params, (tensor, key) => ({ shape: decodedShape(key, tensor) }));
}

/** The SHA-256 of the file without its checksum entry, in hexadecimal. */
export async function checksum(content: SafeTensors): Promise<string> {
  return await sha256(formatSafetensors(content));
}

/**
 * Checks that all tensors of a state are finite.
 *
 * @throws {UserError} If one is not finite. The message names the first one.
 */
export async function checkFinite(state: TrainState): Promise<void> {
  const [params, buffers] = [inOneDictionary("params", state), inOneDictionary("buffers", state)];
  const found = await findNonFinite({
    ...params,
    ...addPrefix("momentum of ", buffers),
    ...addPrefix("average of ", state.average ?? {}),
  });
  if (found !== undefined) throw notFinite(`${found[0]} is not finite after the update`);
}

function objectIn(metadata: Record<string, string>, name: string): Record<string, Json> {
  const value = parseObject(metadata[name] ?? "");
  if (value === undefined) throw new SyntaxError(`its ${name} cannot be read`);
  return value as Record<string, Json>;
}

function parseVersions({ engine, tfjs, deno }: Record<string, Json>): Versions {
  if (typeof engine !== "string" || typeof tfjs !== "string" || typeof deno !== "string") {
    throw new SyntaxError("its versions cannot be read");
  }
  return { engine, tfjs, deno };
}

/** Older checkpoints do not have this number. */
function parseImages(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d{1,15}$/.test(text)) throw new SyntaxError("its number of images cannot be read");
  return Number(text);
}

/** Older checkpoints do not have these times. */
function parseElapsed({ seconds, processorSeconds }: Record<string, Json>): Elapsed {
  const isTime = (value: Json | undefined) => Number.isFinite(value) && value as number >= 0;
  if (!isTime(seconds) || !isTime(processorSeconds)) {
    throw new SyntaxError("its times cannot be read");
  }
  return { seconds: seconds as number, processorSeconds: processorSeconds as number };
}

/** The file uses the old name of `pendingEvaluation`. */
function formatPosition({ pendingEvaluation, ...position }: Position): string {
  return JSON.stringify({ ...position, owesEvaluation: pendingEvaluation });
}

function parsePosition(read: Record<string, unknown>): Position {
  // Old files lack this field. An extra evaluation does no harm.
  const { epoch, batch, steps, meter, owesEvaluation: pendingEvaluation = batch !== 0 } = read;
  const { examples, correct, correct5, skipped, loss, terms } = isObject(meter) ? meter : {};
  const counts = [epoch, batch, steps, examples, correct, correct5, skipped];
  const sums = [loss, ...Object.values(isObject(terms) ? terms : { none: undefined })];
  const isSound = counts.every(isSize) && sums.every(Number.isFinite) &&
    typeof pendingEvaluation === "boolean";
  if (!isSound) throw new SyntaxError("its position cannot be read");
  const { best } = read;
  const place = { epoch, batch, steps } as Position;
  if (best !== undefined && !isPossibleBest(best, place)) {
    throw new SyntaxError("its best evaluation cannot be read");
  }
  const position = {
    ...{ ...place, meter, pendingEvaluation },
    ...(best !== undefined && { best }),
  } as Position;
  if (!isPossible(position)) throw new SyntaxError("its position is none that a run has");
  return position;
}

/** An epoch that has started has steps and metrics. Only such an epoch can have a pending evaluation. */
function isPossible({ batch, steps, meter, pendingEvaluation }: Position): boolean {
  const hasMetrics = meter.examples + meter.skipped > 0;
  return steps >= batch && hasMetrics === batch > 0 && (batch > 0 || !pendingEvaluation);
}
