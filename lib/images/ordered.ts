/**
 * Processes many items at a time, with the results in the order of the items.
 *
 * p-map's `pMapIterable` (7.0.4) also keeps the order and the limit. But if the caller leaves its loop
 * early, it starts more calls until its buffer is full, without a way to abort or await them.
 *
 * @module
 */
import { Budget } from "./budget.ts";

/** Limits of {@linkcode mapOrdered}. */
export interface MapOrderedOptions {
  /** The number of calls that may run at a time, at least 1. */
  concurrency: number;
  /** The number of results that may run or wait to be taken, at least 1. This limits the memory. */
  window: number;
}

/**
 * Calls `f` for several items at a time, and yields the results in the items' order. Work continues
 * between results until the window is full.
 *
 * If the caller stops early (`break`, `return()`, an error), this only waits for running calls. It
 * aborts their signal, ignores their results and errors, and starts no other calls.
 *
 * @throws the error of the first failing call, after all earlier results are taken.
 */
export async function* mapOrdered<Item, Result>(
  items: Iterable<Item>,
  f: (item: Item, signal: AbortSignal) => Promise<Result>,
  { concurrency, window }: MapOrderedOptions,
): AsyncGenerator<Result, void, undefined> {
  const stop = new AbortController();
  const { signal } = stop;
  const calls = new Budget(concurrency);
  const pending: Promise<Result>[] = [];
  const start = (item: Item): Promise<Result> => {
    const result = calls.spend(1, () => {
      signal.throwIfAborted();
      return f(item, signal);
    });
    result.catch(() => {}); // thrown when its turn comes, which may be much later or never
    return result;
  };
  try {
    for (const item of items) {
      pending.push(start(item));
      if (pending.length === window) yield await pending.shift()!;
    }
    while (pending.length > 0) yield await pending.shift()!;
  } finally {
    stop.abort();
    await Promise.allSettled(pending);
  }
}
