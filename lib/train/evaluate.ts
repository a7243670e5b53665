/**
 * Evaluates parameters on batches.
 *
 * @module
 */
import type { Tensors } from "../params.ts";
import type { EvalResult } from "./eval_step.ts";
import type { TensorBatch } from "./loss.ts";
import { addToMeter, emptyMeter, type Meter } from "./meter.ts";
import { type Batches, metricsOf } from "./pipeline.ts";

/** The evaluation of a batch, usually `jit(evalStep(...))`. */
export type Evaluate = (params: Tensors, batch: TensorBatch) => Promise<EvalResult>;

/**
 * The mean loss and the number of correct answers over all batches.
 *
 * @throws The reason of the signal, if it is aborted. The current batch is completed first.
 */
export async function evaluateAll(
  evaluate: Evaluate,
  params: Tensors,
  batches: Batches,
  signal?: AbortSignal,
): Promise<Meter> {
  let meter = emptyMeter();
  for await (const metrics of metricsOf(batches, (batch) => evaluate(params, batch))) {
    signal?.throwIfAborted();
    meter = addToMeter(meter, metrics);
  }
  return meter;
}

/** The same; undefined if the signal aborted it. */
export async function evaluateUnlessAborted(
  evaluate: Evaluate,
  params: Tensors,
  batches: Batches,
  signal?: AbortSignal,
): Promise<Meter | undefined> {
  try {
    return await evaluateAll(evaluate, params, batches, signal);
  } catch (error) {
    if (signal?.aborted && error === signal.reason) return undefined;
    throw error;
  }
}
