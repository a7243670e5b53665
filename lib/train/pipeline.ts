/**
 * Work on batches, one after the other: what computes waits neither for the next batch to be made nor
 * for the metrics of the last one to be read.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import type { Batch } from "../data/batches.ts";
import { disposeBatch, toTensors } from "./device.ts";
import type { TensorBatch } from "./loss.ts";
import type { BatchMetrics } from "./meter.ts";
import type { EvalResult, StepResult } from "./train_step.ts";

/** Batches at hand, or those that come. */
export type Batches = Iterable<Batch> | AsyncIterable<Batch>;

/** What a batch gave, on the device. */
export type DeviceMetrics = EvalResult & Partial<Omit<StepResult, "state">>;

/** What a batch gave, read. */
export interface Metrics extends BatchMetrics {
  /** Means over the examples. */
  terms: Record<string, number>;
  /** The sum of each gradient; empty where there are none. */
  gradientSums: ArrayLike<number>;
  /** Whether the step left the state as it was; undefined where steps never do. */
  skipped: boolean | undefined;
}

/**
 * Starts work on each batch in turn, and gives its metrics. While work runs, the metrics of the batch
 * before are read and the batch after is made.
 *
 * @param holds is asked whenever work is done; where it says so, the next work starts only when the one
 * after these metrics are asked for.
 */
export async function* metricsOf(
  batches: Batches,
  start: (batch: TensorBatch) => Promise<DeviceMetrics>,
  holds: () => boolean = () => false,
): AsyncGenerator<Metrics, void, undefined> {
  const iterator = iteratorOf(batches);
  const nextBatch = async () => await iterator.next(); // one that throws at once rejects, too
  const workOn = async (batch: Batch) => {
    const item = toTensors(batch);
    const [work, next] = await Promise.allSettled([start(item), nextBatch()]);
    disposeBatch(item);
    if (work.status === "rejected") throw work.reason;
    if (next.status === "fulfilled") {
      return { examples: batch.labels.length, result: work.value, next: next.value };
    }
    disposeMetrics(work.value);
    throw next.reason;
  };
  let running: ReturnType<typeof workOn> | undefined;
  const begin = ({ done, value }: IteratorResult<Batch, void>) => {
    running = done ? undefined : workOn(value as Batch);
    running?.catch(() => {}); // it is told when its turn comes
  };
  try {
    begin(await iterator.next());
    while (running) {
      const { examples, result, next } = await running;
      running = undefined;
      const waits = holds();
      if (!waits) begin(next);
      yield { examples, ...await readMetrics(result) };
      if (waits) begin(next);
    }
  } finally {
    const unread = await running?.catch(() => undefined);
    if (unread) disposeMetrics(unread.result);
    await iterator.return?.();
  }
}

/** Without the number of examples, unless the step has counted those of all workers. */
async function readMetrics(
  metrics: DeviceMetrics,
): Promise<Omit<Metrics, "examples"> & Partial<Pick<Metrics, "examples">>> {
  const { terms = {}, gradientSums, skipped, nonFinite, examples, ...counts } = metrics;
  try {
    const [numbers, means, sums, left, bad, all] = await Promise.all([
      readScalars(counts),
      readScalars(terms),
      gradientSums?.data(),
      skipped?.data(),
      nonFinite?.data(),
      examples?.data(),
    ]);
    return {
      ...numbers,
      terms: means,
      gradientSums: sums ?? [],
      skipped: left && left[0] === 1,
      nonFinite: bad?.[0],
      ...(all && { examples: all[0] as number }),
    };
  } finally {
    disposeMetrics(metrics);
  }
}

async function readScalars<Name extends string>(
  scalars: Record<Name, tf.Scalar>,
): Promise<Record<Name, number>> {
  const entries = Object.entries<tf.Scalar>(scalars).map(async ([name, scalar]) =>
    [name, (await scalar.data())[0]] as const
  );
  return Object.fromEntries(await Promise.all(entries)) as Record<Name, number>;
}

function disposeMetrics({ terms = {}, ...metrics }: DeviceMetrics): void {
  tf.dispose([metrics, terms]);
}

function iteratorOf(batches: Batches): Iterator<Batch> | AsyncIterator<Batch> {
  return Symbol.asyncIterator in batches
    ? batches[Symbol.asyncIterator]()
    : batches[Symbol.iterator]();
}

/** At most `count` of the batches; `cut` tells afterwards whether some were left. */
export function take(batches: Batches, count: number): AsyncIterable<Batch> & { cut: boolean } {
  return {
    cut: false,
    async *[Symbol.asyncIterator]() {
      for await (const batch of batches) {
        if (count-- <= 0) {
          this.cut = true;
          return;
        }
        yield batch;
      }
    },
  };
}
