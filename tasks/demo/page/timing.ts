/**
 * Measures how long the network takes.
 *
 * @module
 */
import { median } from "../../../lib/median.ts";

/** How long it is measured, in milliseconds, and how often at least and at most. */
const [patience, least, most] = [1000, 3, 25];

/** The times of some runs. */
export interface Timing {
  /** The median, in milliseconds. */
  readonly milliseconds: number;
  readonly runs: number;
}

/**
 * Runs something repeatedly, up to a second, and times each run.
 *
 * @param isOver Asked between runs: true ends the measurement early.
 */
export async function timed(
  run: () => Promise<unknown>,
  isOver: () => boolean = () => false,
): Promise<Timing> {
  const times: number[] = [];
  await pause(50); // first, the page shows what it has
  const end = performance.now() + patience;
  while (times.length < least || times.length < most && performance.now() < end) {
    if (times.length > 0 && isOver()) break;
    const start = performance.now();
    await run();
    times.push(performance.now() - start);
    await pause(0); // lets the page answer
  }
  return { milliseconds: median(times), runs: times.length };
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
