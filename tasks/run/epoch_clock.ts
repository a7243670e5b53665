/**
 * Measures how long an epoch takes, also if it is interrupted and continued by another process.
 *
 * @module
 */
import process from "node:process";
import type { Elapsed } from "../../lib/train/checkpoint.ts";

/** What a clock reads, in seconds since any fixed moment. */
export interface Times {
  readonly wall: () => number;
  /** Of all processors, for this process. */
  readonly processor: () => number;
}

const ofThisProcess: Times = {
  wall: () => performance.now() / 1000,
  processor: () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
  },
};

/** The times of the epochs of a run. */
export interface EpochClock {
  /** What the current epoch has taken until now. */
  elapsed(): Elapsed;
  /**
   * Ends the measurement of an epoch. What comes next counts as processor time of the next one.
   *
   * @param trainTime Seconds of its training since this process began or continued it.
   * @param isWhole False if the epoch goes on.
   */
  end(trainTime: number, isWhole: boolean): Elapsed;
  /** Begins to measure training again. */
  go(): void;
}

/** Begins to measure, in an epoch that has taken the time `before` already. Default: none. */
export function epochClock(
  before: Elapsed | undefined,
  { wall, processor }: Times = ofThisProcess,
): EpochClock {
  const none: Elapsed = { seconds: 0, processorSeconds: 0 };
  let earlier = before ?? none;
  let [began, used] = [wall(), processor()];
  const elapsedWith = (seconds: number): Elapsed => ({
    seconds: earlier.seconds + seconds,
    processorSeconds: earlier.processorSeconds + processor() - used,
  });
  return {
    elapsed: () => elapsedWith(wall() - began),
    end(trainTime, isWhole) {
      const elapsed = elapsedWith(trainTime);
      earlier = isWhole ? none : elapsed;
      used = processor();
      return elapsed;
    },
    go() {
      began = wall();
    },
  };
}
