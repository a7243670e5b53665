/**
 * The position of a run: how much of it is done.
 *
 * @module
 */
import { emptyMeter, type Meter } from "./meter.ts";

/** The best evaluation so far. */
export interface Best {
  /** The accuracy, in per cent. */
  readonly accuracy: number;
  /** Completed epochs at that time. */
  readonly epoch: number;
  /** Completed steps of the whole run at that time. */
  readonly steps: number;
}

/** The position of a run. */
export interface Position {
  /** Completed epochs. */
  epoch: number;
  /** Completed steps of the current epoch. */
  batch: number;
  /** Completed steps of the whole run. */
  steps: number;
  /** The metrics of the current epoch so far. */
  meter: Meter;
  /** True if steps were done since the last evaluation. */
  pendingEvaluation: boolean;
  /** The best evaluation so far, if the run keeps it. */
  best?: Best;
}

/** The place of a step. */
export type Place = Pick<Position, "epoch" | "batch" | "steps">;

/** The position before the first step. */
export function startPosition(): Position {
  return { epoch: 0, batch: 0, steps: 0, meter: emptyMeter(), pendingEvaluation: false };
}

/** If an epoch was cut short, it stays the current one, and the position stores its progress. */
export function afterEpoch(position: Position, cut: boolean): Position {
  return cut
    ? { ...position, pendingEvaluation: false }
    : { ...startPosition(), epoch: position.epoch + 1, steps: position.steps };
}
