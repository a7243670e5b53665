/**
 * Predicts the step time of several workers from that of one, by a model of compute and exchange.
 *
 * @module
 */

/** The most workers that a prediction is made for. */
export const mostWorkers = 1024;

/** What a prediction follows from. */
export interface Setting {
  /** Milliseconds of a step of one worker, which exchanges nothing. */
  readonly stepMs: number;
  /** The images of that step. */
  readonly batch: number;
  /** The images of all workers in a step. If undefined, each worker has `batch` of its own. */
  readonly totalBatch?: number | undefined;
  /** The milliseconds of `stepMs` that do not depend on the number of images. */
  readonly fixedMs: number;
  /** What each worker has to add up with the others in a step. */
  readonly bytes: number;
  /** The speed of a host's link, in each direction: 10^9 bits a second. */
  readonly bandwidthGbps: number;
  /** Microseconds until the first byte of a message arrives. */
  readonly latencyUs: number;
  /** The part of the exchange that runs beside the backward pass, from 0 to 1. */
  readonly overlap: number;
}

/** What is predicted for a number of workers. */
export interface Prediction {
  readonly workers: number;
  /** Of the worker with the most. */
  readonly imagesPerWorker: number;
  readonly stepMs: number;
  /** The whole exchange, also the part that is hidden. */
  readonly exchangeMs: number;
  /** Of all workers together. */
  readonly imagesPerSecond: number;
  /** Images a second, over those of one worker. */
  readonly speedUp: number;
  /** Speed-up over workers: 1 if no time is lost. */
  readonly efficiency: number;
}

/**
 * Milliseconds of a ring all-reduce: `2 (N - 1) / N * bytes / bandwidth + 2 (N - 1) * latency`. In each of
 * its 2 (N - 1) rounds, every worker sends one N-th of the bytes to its neighbour. No algorithm sends
 * fewer bytes (Patarasuk and Yuan, Bandwidth optimal all-reduce algorithms for clusters of
 * workstations, J. Parallel Distrib. Comput. 69(2), 2009). The latency is the alpha of Thakur,
 * Rabenseifner and Gropp (Optimization of collective communication operations in MPICH, Int. J. High
 * Perform. Comput. Appl. 19(1), 2005); their gamma, the time to add, is left out.
 *
 * @param workers N, at least 1.
 */
export function ringAllReduceMs(
  workers: number,
  { bytes, bandwidthGbps, latencyUs }: Pick<Setting, "bytes" | "bandwidthGbps" | "latencyUs">,
): number {
  const rounds = 2 * (workers - 1);
  const roundMs = bytes / workers * 8 / (bandwidthGbps * 1e6) + latencyUs / 1000;
  return rounds * roundMs;
}

/**
 * What a number of workers would do.
 *
 * @param workers at least 1, and at most `totalBatch`: each needs an image.
 */
export function predict(setting: Setting, workers: number): Prediction {
  const one = times(setting, 1);
  const { images, imagesPerWorker, stepMs, exchangeMs } = times(setting, workers);
  const speedUp = (images / stepMs) / (one.images / one.stepMs);
  return {
    workers,
    imagesPerWorker,
    stepMs,
    exchangeMs,
    imagesPerSecond: 1000 * images / stepMs,
    speedUp,
    efficiency: speedUp / workers,
  };
}

/** The step ends when the worker with the most images has computed, and all have exchanged. */
function times(setting: Setting, workers: number) {
  const { batch, totalBatch, overlap } = setting;
  const images = totalBatch ?? workers * batch;
  const imagesPerWorker = Math.ceil(images / workers);
  const computeMs = computationMs(setting, imagesPerWorker);
  const exchangeMs = ringAllReduceMs(workers, setting);
  // No more can be hidden than there is to hide it behind.
  const hiddenMs = Math.min(overlap * exchangeMs, computeMs);
  return { images, imagesPerWorker, exchangeMs, stepMs: computeMs + exchangeMs - hiddenMs };
}

/** A fixed part, and one that is proportional to the images. */
function computationMs({ stepMs, batch, fixedMs }: Setting, images: number): number {
  return fixedMs + (stepMs - fixedMs) * images / batch;
}
