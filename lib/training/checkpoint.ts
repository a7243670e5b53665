/**
 * The checkpoint of a run: all that it needs to go on exactly where it stopped. Random numbers need
 * no place in it, for they follow from the seed and the position.
 *
 * @module
 */
import { join } from "@std/path";
import { UserError } from "../errors.ts";
import { whyNot } from "../files.ts";
import { addPrefix, underPrefix } from "../params.ts";
import { loadParamsAndMetadata, readSafetensors, saveParamsAndMetadata } from "../weights.ts";
import type { Position } from "./loop.ts";
import type { Json } from "./run_log.ts";
import type { TrainState } from "./train_step.ts";

/** What a checkpoint holds. */
export interface Checkpoint {
  state: TrainState;
  position: Position;
  /** The options of the run, as its log has them. */
  options: Record<string, Json>;
}

const format = "attention-transfer checkpoint 2";

function pathOf(folder: string): string {
  return join(folder, "checkpoint", "checkpoint.safetensors");
}

/**
 * Writes `folder/checkpoint/checkpoint.safetensors`, whole or not at all.
 *
 * @throws {UserError} where it cannot be written; the checkpoint before it is still there.
 */
export async function saveCheckpoint(
  folder: string,
  { state, position, options }: Checkpoint,
): Promise<void> {
  const path = pathOf(folder);
  await Deno.mkdir(join(folder, "checkpoint"), { recursive: true }).catch((error) => {
    throw new UserError(`Cannot write ${path}: ${whyNot(error)}`);
  });
  const tensors = {
    ...addPrefix("params/", state.params),
    ...addPrefix("buffers/", state.buffers),
  };
  await saveParamsAndMetadata(path, tensors, {
    format,
    position: JSON.stringify(position),
    options: JSON.stringify(options),
  });
}

/**
 * Reads the checkpoint of a run folder.
 *
 * @throws {UserError} where there is none, or it is damaged.
 */
export async function loadCheckpoint(folder: string): Promise<Checkpoint> {
  const path = pathOf(folder);
  const { params: tensors, metadata } = await loadParamsAndMetadata(path);
  return {
    state: { params: underPrefix("params/", tensors), buffers: underPrefix("buffers/", tensors) },
    ...parseMetadata(path, metadata),
  };
}

/** The options alone of a run folder's checkpoint; needs no engine. */
export async function checkpointOptions(folder: string): Promise<Record<string, Json>> {
  const path = pathOf(folder);
  return parseMetadata(path, (await readSafetensors(path)).metadata).options;
}

function parseMetadata(
  path: string,
  metadata: Record<string, string>,
): Pick<Checkpoint, "position" | "options"> {
  if (metadata.format !== format) {
    throw new UserError(`Cannot resume from ${path}: it is no checkpoint of this version`);
  }
  return {
    position: readObject(path, metadata, "position") as unknown as Position,
    options: readObject(path, metadata, "options"),
  };
}

function readObject(
  path: string,
  metadata: Record<string, string>,
  name: string,
): Record<string, Json> {
  try {
    const value: unknown = JSON.parse(metadata[name] ?? "");
    if (typeof value === "object" && value !== null) return value as Record<string, Json>;
  } catch {
    // No JSON at all is told in the same way.
  }
  throw new UserError(`Cannot resume from ${path}: it is damaged, its ${name} cannot be read`);
}
