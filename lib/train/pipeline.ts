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
  const nextBatch = async () => await iterator.next(); // turns a synchronous throw into a rejection
  const workOn = async (batch: Batch | AnyBatch) => {
    const item = isOnDevice(batch) ? batch : toTensors(batch);
    const [work, next] = await Promise.allSettled([begun(start, item), nextBatch()]);
    dispose(item);
    const examples = item.labels.shape[0];
    if (work.status === "fulfilled" && next.status === "fulfilled") {
      return { examples, result: work.value, next: next.value };
    }
    if (work.status === "fulfilled") disposeMetrics(work.value);
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
    if (unread) disposeMetrics(unread.result);
    disposeUnused(unread?.next ?? prepared);
    await iterator.return?.();
  }
}

function isOnDevice(batch: Batch | AnyBatch): batch is AnyBatch {
  return batch.images instanceof tf.Tensor;
}

/** Turns what is thrown at once into a rejection. */
async function begun(
  start: (batch: TensorBatch) => Promise<DeviceMetrics>,
  item: AnyBatch,
): Promise<DeviceMetrics> {
  return await start(checkedBatch(item));
}

/** Frees a batch that was prepared and is not used. */
function disposeUnused(next: IteratorResult<Batch | AnyBatch, void> | undefined): void {
  if (next?.value && isOnDevice(next.value)) dispose(next.value);
}

/** Without the number of examples, unless the step has counted those of all workers. */
async function readMetrics(
  metrics: DeviceMetrics,
): Promise<Omit<Metrics, "examples"> & Partial<Pick<Metrics, "examples">>> {
  const { terms = {}, gradientSums, skipped, nonFinite, examples, stop, ...counts } = metrics;
  try {
    const [numbers, means, sums, left, bad, all, stops] = await Promise.all([
      readScalars(counts),
      readScalars(terms),
      gradientSums?.data(),
      skipped?.data(),
      nonFinite?.data(),
      examples?.data(),
      stop?.data(),
    ]);
    return {
      ...numbers,
      terms: means,
      gradientSums: sums ?? [],
      skipped: left && left[0] === 1,
      nonFinite: bad?.[0],
      stops: stops !== undefined && stops[0] !== 0,
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
