/**
 * Does several things at a time, and gives up on what takes too long.
 *
 * @module
 */
import { UserError } from "../../lib/errors.ts";

/** Acts on each item, on so many at a time, in order. */
export async function inLanes<T>(
  items: readonly T[],
  lanes: number,
  act: (item: T) => Promise<void>,
): Promise<void> {
  const queue = [...items];
  const lane = async () => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await act(item);
  };
  await Promise.all(Array.from({ length: Math.max(1, lanes) }, lane));
}

/**
 * How many programs may get ready at a time. Compilers keep several processors busy each; on few
 * processors, one after the other is as fast.
 */
export function lanesOf(processors: number): number {
  return Math.max(1, Math.min(8, Math.floor(processors / 2)));
}

/**
 * Waits until a moment of `performance.now()`.
 *
 * @throws {UserError} If it is over before.
 */
export async function before<T>(end: number, work: Promise<T>): Promise<T> {
  const start = performance.now();
  const left = Math.max(0, end - start);
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new UserError(`not done after ${Math.round(left / 1000)} s`)),
      left,
    );
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
    work.catch(() => {}); // it may fail later, when its program is ended
  }
}

/** The reason of a failure, in one line. */
export function reasonOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split("\n")[0] ?? "";
}
