/**
 * The file of a checkpoint: a safetensors file whose header holds the position, the options, the
 * versions of what wrote it, and a checksum of all of it.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { UserError } from "../errors.ts";
import { sha256 } from "../files.ts";
import { isObject, parseObject } from "../json.ts";
import { addPrefix, filterParams, findNonFinite, underPrefix } from "../params.ts";
import {
  decodedShape,
  decodeParams,
  encodeParams,
  formatSafetensors,
  parseSafetensors,
  type SafeTensors,
} from "../formats/weights.ts";
import type { Position } from "./loop.ts";
import type { Json } from "../json.ts";
import { inOneDictionary, lossPrefix } from "./state_keys.ts";
import type { TrainState } from "./train_step.ts";

/** What a checkpoint holds. */
export interface Checkpoint {
  state: TrainState;
  position: Position;
  /** The options of the run, as its log has them. */
  options: Record<string, Json>;
  /** What computed the state, in words. */
  engine: string;
  /** The number of images that the run trains on, on which the order of an epoch depends. */
  images?: number | undefined;
  /** The SHA-256 of the file of the teacher's parameters, in hexadecimal digits, where there is one. */
  teacherDigest?: string | undefined;
}

/** What wrote a checkpoint: for people, and to say what has changed since. */
export type Versions = Readonly<Record<"engine" | "tfjs" | "deno", string>>;

/** What a checkpoint's file holds, its tensors still as bytes. */
export interface CheckpointContent extends Omit<Checkpoint, "state" | "engine"> {
  tensors: SafeTensors["tensors"];
  versions: Versions;
}

const format = "attention-transfer checkpoint 3";
const checksumEntry = "sha256";

/** A checkpoint that another version of this library wrote. */
export class OtherFormatError extends Error {
  override name = "OtherFormatError";
}

/** The versions of what runs here. */
export function versionsOf(engine: string): Versions {
  return { engine, tfjs: tf.version_core, deno: Deno.version.deno };
}

/**
 * The bytes of a checkpoint.
 *
 * @throws {UserError} If a tensor is not finite, which is named: there is nothing to go on with.
 */
export async function formatCheckpoint(
  { state, position, options, engine, images, teacherDigest }: Checkpoint,
): Promise<Uint8Array<ArrayBuffer>> {
  await checkFinite(state);
  const tensors = await encodeParams({
    ...addPrefix("params/", inOneDictionary("params", state)),
    ...addPrefix("buffers/", inOneDictionary("buffers", state)),
  });
  const metadata = {
    format,
    position: formatPosition(position),
    options: JSON.stringify(options),
    versions: JSON.stringify(versionsOf(engine)),
    ...(images !== undefined && { images: String(images) }),
    ...(teacherDigest !== undefined && { teacher_sha256: teacherDigest }),
  };
  const sum = await checksum({ tensors, metadata });
  return formatSafetensors({ tensors, metadata: { ...metadata, [checksumEntry]: sum } });
}

/**
 * Reads the bytes of a checkpoint.
 *
 * @throws {SyntaxError} If they are damaged.
 * @throws {OtherFormatError} If they are sound, and of another version.
 */
export async function parseCheckpoint(bytes: Uint8Array): Promise<CheckpointContent> {
  const { tensors, metadata } = parseSafetensors(bytes);
  const { [checksumEntry]: sum, ...rest } = metadata;
  if (sum !== await checksum({ tensors, metadata: rest })) {
    throw new SyntaxError("its checksum is not that of what it holds");
  }
  if (rest.format !== format) throw new OtherFormatError("it was written by another version");
  if (!Object.keys(tensors).every((key) => /^(params|buffers)\//.test(key))) {
    throw new SyntaxError("it holds tensors that no checkpoint has");
  }
  return {
    tensors,
    position: parsePosition(objectIn(rest, "position")),
    options: objectIn(rest, "options"),
    versions: parseVersions(objectIn(rest, "versions")),
    images: parseImages(rest.images),
    teacherDigest: rest.teacher_sha256,
  };
}

/** The tensors of a checkpoint. Throws a SyntaxError where they are of types that it never has. */
export function stateOf({ tensors }: Pick<CheckpointContent, "tensors">): TrainState {
  const all = decodeParams(tensors);
  const [params, buffers] = [underPrefix("params/", all), underPrefix("buffers/", all)];
  const isOfLoss = (key: string) => key.startsWith(lossPrefix);
  const loss = {
    params: underPrefix(lossPrefix, params),
    buffers: underPrefix(lossPrefix, buffers),
  };
  return {
    params: filterParams(params, (key) => !isOfLoss(key)),
    buffers: filterParams(buffers, (key) => !isOfLoss(key)),
    ...(Object.keys(loss.params).length > 0 && { loss }),
  };
}

/** The shapes of the parameters of a checkpoint, without their values. */
export function shapesOf(
  { tensors }: Pick<CheckpointContent, "tensors">,
): Record<string, { shape: number[] }> {
  const prefix = "params/";
  return Object.fromEntries(
    Object.entries(tensors).filter(([key]) => key.startsWith(prefix)).map(([key, tensor]) => {
      const own = key.slice(prefix.length);
      return [own, { shape: decodedShape(own, tensor) }];
    }),
  );
}

/** The SHA-256 of the file as it would be without a checksum, in hexadecimal digits. */
export async function checksum(content: SafeTensors): Promise<string> {
  return await sha256(formatSafetensors(content));
}

/**
 * Checks that all of a state is finite.
 *
 * @throws {UserError} If a tensor is not finite: the first one is named.
 */
export async function checkFinite(state: TrainState): Promise<void> {
  const [params, buffers] = [inOneDictionary("params", state), inOneDictionary("buffers", state)];
  const found = await findNonFinite({ ...params, ...addPrefix("momentum of ", buffers) });
  if (found === undefined) return;
  throw new UserError(
    `Cannot go on training: ${
      found[0]
    } is not finite after the update; try a smaller learning rate`,
    { code: "not-finite" },
  );
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

/** Those that were written before this number was kept have none. */
function parseImages(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d{1,15}$/.test(text)) throw new SyntaxError("its number of images cannot be read");
  return Number(text);
}

/** In a file, a pending evaluation has the name that older versions gave it. */
function formatPosition({ pendingEvaluation, ...position }: Position): string {
  return JSON.stringify({ ...position, owesEvaluation: pendingEvaluation });
}

function parsePosition(read: Record<string, unknown>): Position {
  // Files of old versions do not say it: an evaluation too many does no harm.
  const { epoch, batch, steps, meter, owesEvaluation: pendingEvaluation = batch !== 0 } = read;
  const { examples, correct, correct5, skipped, loss, terms } = isObject(meter) ? meter : {};
  const counts = [epoch, batch, steps, examples, correct, correct5, skipped];
  const sums = [loss, ...Object.values(isObject(terms) ? terms : { none: undefined })];
  const isSound = counts.every(isCount) && sums.every(Number.isFinite) &&
    typeof pendingEvaluation === "boolean";
  if (!isSound) throw new SyntaxError("its position cannot be read");
  const position = { epoch, batch, steps, meter, pendingEvaluation } as Position;
  if (!isPossible(position)) throw new SyntaxError("its position is none that a run has");
  return position;
}

/** An epoch that has begun has steps, and metrics of them; only such a one is evaluated later. */
function isPossible({ batch, steps, meter, pendingEvaluation }: Position): boolean {
  const hasMetrics = meter.examples + meter.skipped > 0;
  return steps >= batch && hasMetrics === batch > 0 && (batch > 0 || !pendingEvaluation);
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && value as number >= 0;
}
