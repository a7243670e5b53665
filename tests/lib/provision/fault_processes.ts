/**
 * Processes that a test looks at and kills. What they have started is known on Linux only.
 *
 * @module
 */

/** How many milliseconds it takes. */
export async function timeOf(work: () => Promise<void>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

export function sleep(milliseconds: number): Promise<void> {
  return new Promise((done) => setTimeout(done, milliseconds));
}

/** Waits for a condition; fails where it does not come about in 20 seconds. */
export async function until(condition: () => boolean, what: string): Promise<void> {
  for (const end = Date.now() + 20_000; !condition(); await sleep(5)) {
    if (Date.now() > end) throw new Error(`${what} did not come about`);
  }
}

/** Whether there was a process to kill. */
export function killIfAlive(pid: number): boolean {
  try {
    Deno.kill(pid, "SIGKILL");
    return true;
  } catch {
    return false;
  }
}
