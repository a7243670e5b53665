/**
 * Processes batches one after the other. Meanwhile, it prepares the next batch and reads the metrics of
 * the previous one, so that the device does not wait.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import type { Batch } from "../data/batches.ts";
import { toTensors } from "./device.ts";
import { dispose } from "./dispose.ts";
import { checkedBatch } from "./checks.ts";
import type { AnyBatch, TensorBatch } from "./loss.ts";
import type { BatchMetrics } from "./meter.ts";
import type { EvalResult } from "./eval_step.ts";
import type { StepResult } from "./train_step.ts";

/** Batches in memory, or from an asynchronous source. */
export type Batches = Source<Batch>;

/** Items in memory, or from an asynchronous source. */
export type Source<Item> = Iterable<Item> | AsyncIterable<Item>;

/** The metrics of a batch, on the device. */
export type DeviceMetrics = EvalResult & Partial<Omit<StepResult, "state">>;

/** The metrics of a batch, read from the device. */
export interface Metrics extends BatchMetrics {
  /** Means over the examples. */
  terms: Record<string, number>;
  /** The sum of each gradient; empty if there are none. */
  gradientSums: ArrayLike<number>;
  /** True if the step left the state unchanged; undefined if steps never skip. */
  skipped: boolean | undefined;
  /** True if a worker wants to end the run. */
  stops: boolean;
}

/**
 * Starts work on each batch in turn, and yields its metrics. While a batch is processed, the metrics of
 * the previous batch are read and the next batch is prepared. Batches of tensors are disposed.
 *
 * @param holds called after each batch. If it returns true, the next batch starts only when the caller
 * asks for more metrics.
 */
export async function* metricsOf(
  batches: Source<Batch | AnyBatch>,
  start: (batch: TensorBatch) => Promise<DeviceMetrics>,
  holds: () => boolean = () => false,
): AsyncGenerator<Metrics, void, undefined> {
  const iterator = iteratorOf(batches);
  // Both turn a synchronous throw into a rejection.
  const nextBatch = async () => await iterator.next();
  const begun = async (item: AnyBatch) => await start(checkedBatch(item));
  const workOn = async (batch: Batch | AnyBatch) => {
    const item = isOnDevice(batch) ? batch : toTensors(batch);
    const [work, next] = await Promise.allSettled([begun(item), nextBatch()]);
    dispose(item);
    const examples = item.labels.shape[0];
    if (work.status === "fulfilled" && next.status === "fulfilled") {
      return { examples, result: work.value, next: next.value };
    }
    if (work.status === "fulfilled") dispose(work.value);
    if (next.status === "fulfilled") disposeUnused(next.value);
    throw work.status === "rejected" ? work.reason : (next as PromiseRejectedResult).reason;
  };
  let running: ReturnType<typeof workOn> | undefined;
  let prepared: IteratorResult<Batch | AnyBatch, void> | undefined;
  const begin = ({ done, value }: IteratorResult<Batch | AnyBatch, void>) => {
    prepared = undefined;
    running = done ? undefined : workOn(value as Batch | AnyBatch);
    running?.catch(() => {}); // handled when its turn comes
  };
  try {
    begin(await iterator.next());
    while (running) {
      const { examples, result, next } = await running;
      prepared = next;
      running = undefined;
      const waits = holds();
      if (!waits) begin(next);
      yield { examples, ...await readMetrics(result) };
      if (waits) begin(next);
    }
  } finally {
    const unread = await running?.catch(() => undefined);
    if (unread) dispose(unread.result);
    disposeUnused(unread?.next ?? prepared);
    await iterator.return?.();
  }
}

function isOnDevice(batch: Batch | AnyBatch): batch is AnyBatch {
  return batch.images instanceof tf.Tensor;
}

/** Frees a batch that was prepared and is not used. */
function disposeUnused(next: IteratorResult<Batch | AnyBatch, void> | undefined): void {
  if (next?.value && isOnDevice(next.value)) dispose(next.value);
}

/** Without the number of examples, unless the step has counted those of all workers. */
async function readMetrics(metrics: DeviceMetrics) {
  const { terms = {}, gradientSums, ...scalars } = metrics;
  try {
    const [{ skipped, stop = 0, ...counts }, means, sums] = await Promise.all([
      readScalars(scalars),
      readScalars(terms),
      gradientSums?.data(),
    ]);
    return {
      ...{ ...counts, terms: means, gradientSums: sums ?? [] },
      skipped: skipped === undefined ? undefined : skipped === 1,
      stops: stop !== 0,
    };
  } finally {
    dispose(metrics);
  }
}

/** The values of those scalars that there are. */
async function readScalars<Scalars extends object>(
  scalars: Scalars,
): Promise<{ [Name in keyof Scalars]: number }> {
  const present = Object.entries(scalars).filter(([, scalar]) => scalar) as [string, tf.Scalar][];
  const values = present.map(async ([name, scalar]) => [name, (await scalar.data())[0]]);
  return Object.fromEntries(await Promise.all(values));
}

function iteratorOf<Item>(batches: Source<Item>): Iterator<Item> | AsyncIterator<Item> {
  return Symbol.asyncIterator in batches
    ? batches[Symbol.asyncIterator]()
    : batches[Symbol.iterator]();
}

/** At most `count` of the batches. Afterwards, `cut` is true if some were left. */
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
