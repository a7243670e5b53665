/**
 * The best evaluation of a run: which weights to keep, and when to stop early.
 *
 * @module
 */
import { isSize } from "../formats/untrusted.ts";
import { isObject } from "../json.ts";
import { accuracy, type Meter } from "./meter.ts";
import type { Best, Position } from "./position.ts";

/** The best evaluation after one more, at the position after it. The first of equal ones stays. */
export function bestOf(
  before: Best | undefined,
  test: Meter,
  { epoch, steps }: Pick<Position, "epoch" | "steps">,
): Best {
  const now = accuracy(test);
  return before && before.accuracy >= now ? before : { accuracy: now, epoch, steps };
}

/** True if the weights at a position are the best so far. */
export function isBest({ best, steps }: Pick<Position, "best" | "steps">): boolean {
  return best?.steps === steps;
}

/**
 * True if a run stops early: it has done `patience` epochs since the best one.
 *
 * @param patience undefined if it never does.
 */
export function stopsEarly(
  { best, epoch }: Pick<Position, "best" | "epoch">,
  patience: number | undefined,
): boolean {
  return patience !== undefined && best !== undefined && epoch - best.epoch >= patience;
}

/** True if a value that was read can be the best evaluation of a run. */
export function isPossibleBest(read: unknown, { epoch, steps }: Pick<Position, "epoch" | "steps">) {
  if (!isObject(read)) return false;
  const { accuracy, epoch: its, steps: when } = read;
  return typeof accuracy === "number" && accuracy >= 0 && accuracy <= 100 &&
    isSize(its) && its <= epoch && isSize(when) && when <= steps;
}
