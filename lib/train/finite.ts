/**
 * Describes which metrics of a step are not finite, and makes the error for it.
 *
 * @module
 */
import { UserError } from "../errors.ts";
import type { Metrics } from "./pipeline.ts";

/** The number of parameters to name; the rest are only counted. */
const named = 3;

/** The metrics to check: the terms of the loss, the loss, and the gradients. */
export type StepMetrics = Pick<Metrics, "terms" | "loss" | "gradientSums">;

/** The error of a training that has diverged. `more` follows the advice. */
export function notFinite(problem: string, more = ""): UserError {
  return new UserError(`Cannot go on training: ${problem}; try a smaller learning rate${more}`, {
    code: "not-finite",
  });
}

/**
 * Describes what is not finite in a step, for {@link notFinite}; undefined if nothing.
 *
 * @param keys the keys of the trainable parameters, in the order of the gradients.
 * @param place describes the step.
 */
export function describeNonFinite(
  { terms, loss, gradientSums }: StepMetrics,
  keys: readonly string[],
  place: string,
): string | undefined {
  const values = Object.entries({ ...terms, loss });
  const term = values.find(([, value]) => !Number.isFinite(value));
  const broken = keys.filter((_, i) => !Number.isFinite(gradientSums[i] ?? 0));
  if (term) {
    const gradients = broken.length === 0 ? "" : `, and ${describeGradients(broken, keys)}`;
    return `${term[0]} is ${term[1]} ${place}${gradients}`;
  }
  return broken.length === 0 ? undefined : `${describeGradients(broken, keys)} ${place}`;
}

function describeGradients(broken: readonly string[], keys: readonly string[]): string {
  if (broken.length === 1) return `the gradient of ${broken[0]} is not finite`;
  if (broken.length === keys.length) {
    return `the gradients of all ${keys.length} parameters are not finite`;
  }
  const shown = broken.slice(0, named).join(", ");
  const others = broken.length - named;
  return `the gradients of ${shown}${others > 0 ? ` and ${others} more` : ""} are not finite`;
}
