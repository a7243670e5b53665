/**
 * Reads steps that were measured with several workers, to hold predictions against them.
 *
 * @module
 */
import { UserError } from "../../lib/errors.ts";
import { cannotRead, readTextFile } from "../../lib/files.ts";
import { isObject, parseObject } from "../../lib/json.ts";
import { mostWorkers } from "./predict.ts";

/** Milliseconds of a step, by the number of workers. */
export type Measured = ReadonlyMap<number, number>;

/**
 * Reads a file such as `{"points": [{"workers": 2, "stepMs": 130}]}`. Other entries are ignored, so
 * that the file can say where its points are from.
 *
 * @throws {UserError} If the file cannot be read, or is not of this form.
 */
export async function readMeasured(path: string): Promise<Measured> {
  const text = await readTextFile(path).catch((error) => {
    throw cannotRead(path, error);
  });
  const wrong = (why: string) =>
    new UserError(`Cannot read ${path}: ${why}`, { code: "not-readable" });
  const points = parseObject(text)?.points;
  if (!Array.isArray(points)) {
    throw wrong('it must be JSON such as {"points": [{"workers": 2, "stepMs": 130}]}');
  }
  const measured = new Map<number, number>();
  for (const [i, point] of points.entries()) {
    const { workers, stepMs } = isObject(point) ? point : {};
    if (!isCount(workers)) {
      throw wrong(`workers of point ${i + 1} must be a whole number from 1 to ${mostWorkers}`);
    }
    if (!isTime(stepMs)) throw wrong(`stepMs of point ${i + 1} must be a number above 0`);
    if (measured.has(workers)) throw wrong(`it has two points of ${workers} workers`);
    measured.set(workers, stepMs);
  }
  return measured;
}

function isCount(value: unknown): value is number {
  return Number.isInteger(value) && value as number >= 1 && value as number <= mostWorkers;
}

function isTime(value: unknown): value is number {
  return Number.isFinite(value) && value as number > 0;
}
