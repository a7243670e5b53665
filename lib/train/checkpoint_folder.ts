/**
 * Where a run keeps its checkpoints. Needs no engine.
 *
 * @module
 */
import { join } from "@std/path";
import { cannotRead, saysNothingIsThere } from "../files.ts";

/** The folder of a run's checkpoints. */
export function folderOf(run: string): string {
  return join(run, "checkpoint");
}

/** The path of the checkpoint written after `steps` steps. */
export function checkpointPath(run: string, steps: number): string {
  return join(folderOf(run), `checkpoint-${steps}.safetensors`);
}

/**
 * The step counts of a run's checkpoints, damaged or not, newest first.
 *
 * @throws {UserError} If the folder cannot be read.
 */
export async function stepsKept(run: string): Promise<number[]> {
  try {
    const names = await Array.fromAsync(Deno.readDir(folderOf(run)), ({ name }) => name);
    return names
      .map((name) => Number(name.match(/^checkpoint-(\d{1,15})\.safetensors$/)?.[1] ?? NaN))
      .filter((steps) => !Number.isNaN(steps))
      .sort((a, b) => b - a);
  } catch (error) {
    if (saysNothingIsThere(error)) return [];
    throw cannotRead(`the checkpoints of ${run}`, error);
  }
}
