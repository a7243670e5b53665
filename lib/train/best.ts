/**
 * The best evaluation of a run: which weights to keep, and when to stop early.
 *
 * @module
 */
import { isObject } from "../json.ts";
import { accuracy, type Meter } from "./meter.ts";

/** The best evaluation so far. */
export interface Best {
  /** The accuracy, in per cent. */
  readonly accuracy: number;
  /** Completed epochs at that time. */
  readonly epoch: number;
  /** Completed steps of the whole run at that time. */
  readonly steps: number;
}

/** Where a run stands: what decides if its weights are the best, and if it stops. */
interface Place {
  readonly epoch: number;
  readonly steps: number;
  readonly best?: Best;
}

/** The best evaluation after one more, at the position after it. The first of equal ones stays. */
export function bestOf(
  before: Best | undefined,
  test: Meter,
  { epoch, steps }: Pick<Place, "epoch" | "steps">,
): Best {
  const now = accuracy(test);
  return before && before.accuracy >= now ? before : { accuracy: now, epoch, steps };
}

/** True if the weights at a position are the best so far. */
export function isBest({ best, steps }: Pick<Place, "best" | "steps">): boolean {
  return best?.steps === steps;
}

/**
 * True if a run stops early: it has done `patience` epochs since the best one.
 *
 * @param patience undefined if it never does.
 */
export function stopsEarly(
  { best, epoch }: Pick<Place, "best" | "epoch">,
  patience: number | undefined,
): boolean {
  return patience !== undefined && best !== undefined && epoch - best.epoch >= patience;
}

/** True if a value that was read can be the best evaluation of a run. */
export function isPossibleBest(read: unknown, { epoch, steps }: Pick<Place, "epoch" | "steps">) {
  if (!isObject(read)) return false;
  const { accuracy, epoch: its, steps: when } = read;
  return typeof accuracy === "number" && accuracy >= 0 && accuracy <= 100 &&
    isCount(its) && its <= epoch && isCount(when) && when <= steps;
}

/** True if a value that was read is a count. */
export function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && value as number >= 0;
}
