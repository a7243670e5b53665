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
 * The mean loss and the number of correct answers over all batches; undefined if the signal is aborted.
 * The current batch is completed first.
 */
export async function evaluateUnlessAborted(
  evaluate: Evaluate,
  params: Tensors,
  batches: Batches,
  signal?: AbortSignal,
): Promise<Meter | undefined> {
  let meter = emptyMeter();
  for await (const metrics of metricsOf(batches, (batch) => evaluate(params, batch))) {
    if (signal?.aborted) return undefined;
    meter = addToMeter(meter, metrics);
  }
  return meter;
}

/** The same without a signal. */
export async function evaluateAll(
  evaluate: Evaluate,
  params: Tensors,
  batches: Batches,
): Promise<Meter> {
  return await evaluateUnlessAborted(evaluate, params, batches) as Meter;
}
