/**
 * Work on many things at a time, with the results in the order of the things.
 *
 * p-map's `pMapIterable` (7.0.4) keeps the order and the bound, but whoever leaves its loop early cannot
 * stop it: it goes on to start calls until its buffer is full, aborts none, and nobody can wait for them.
 *
 * @module
 */

/** How much {@linkcode mapOrdered} does at a time. */
export interface MapOrderedOptions {
  /** How many calls may be under way at a time, at least 1. */
  concurrency: number;
  /** How many results may be under way or wait to be taken, at least 1: the bound of the memory. */
  window: number;
}

/**
 * Calls `f` for each item, several at a time, and gives the results in the items' order. Work goes on
 * between two results that are taken, until the window is full.
 *
 * Whoever stops early (`break`, `return()`, an error) waits only for the calls under way, whose signal
 * is aborted and whose results and errors are dropped; no other call is started.
 *
 * @throws what the first failing call throws, once all results before it are taken.
 */
export async function* mapOrdered<Item, Result>(
  items: Iterable<Item>,
  f: (item: Item, signal: AbortSignal) => Promise<Result>,
  { concurrency, window }: MapOrderedOptions,
): AsyncGenerator<Result, void, undefined> {
  const stop = new AbortController();
  const { signal } = stop;
  const limited = limit(concurrency);
  const pending: Promise<Result>[] = [];
  const start = (item: Item): Promise<Result> => {
    const result = limited(() => {
      signal.throwIfAborted();
      return f(item, signal);
    });
    result.catch(() => {}); // it is thrown where its turn comes, which may be much later or never
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

/** Lets at most `concurrency` calls run at a time; the others wait, first come, first served. */
function limit(concurrency: number): <Result>(f: () => Promise<Result>) => Promise<Result> {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async (f) => {
    if (running === concurrency) await new Promise<void>((resolve) => waiting.push(resolve));
    else running++;
    try {
      return await f();
    } finally {
      // The place goes straight to the next one, so that nobody who comes later can take it.
      const next = waiting.shift();
      if (next) next();
      else running--;
    }
  };
}
