/**
 * Means over the examples of an epoch.
 *
 * @module
 */
import { mapValues } from "../params.ts";

/** Sums over examples. They are plain numbers, so that a checkpoint can hold them. */
export interface Meter {
  readonly examples: number;
  readonly correct: number;
  /** Examples whose label was among the top five answers. */
  readonly correct5: number;
  /** Examples with a logit that is not finite; missing if there are none. */
  readonly nonFinite?: number;
  /** Skipped batches. They do not count in the other fields. */
  readonly skipped: number;
  /** The sum of the loss over the examples. */
  readonly loss: number;
  /** The sum of each term over the examples. */
  readonly terms: Readonly<Record<string, number>>;
}

/** The meter before the first batch. */
export function emptyMeter(): Meter {
  return { examples: 0, correct: 0, correct5: 0, skipped: 0, loss: 0, terms: {} };
}

/** The metrics of a batch. */
export interface BatchMetrics {
  readonly examples: number;
  readonly correct: number;
  readonly correct5: number;
  /** Examples with a logit that is not finite, if known. */
  readonly nonFinite?: number | undefined;
  /** Mean over the examples. */
  readonly loss: number;
  /** Means over the examples. */
  readonly terms?: Readonly<Record<string, number>>;
}

/** The meter after one more batch. */
export function addToMeter(
  meter: Meter,
  { examples, correct, correct5, nonFinite = 0, loss, terms = {} }: BatchMetrics,
): Meter {
  return addMeters(meter, {
    ...{ examples, correct, correct5, nonFinite, skipped: 0, loss: loss * examples },
    terms: mapValues(terms, (value) => value * examples),
  });
}

/** The meter of the examples of both. */
export function addMeters(one: Meter, other: Meter): Meter {
  const nonFinite = (one.nonFinite ?? 0) + (other.nonFinite ?? 0);
  const names = new Set([one, other].flatMap(({ terms }) => Object.keys(terms)));
  return {
    examples: one.examples + other.examples,
    correct: one.correct + other.correct,
    correct5: one.correct5 + other.correct5,
    ...(nonFinite > 0 && { nonFinite }),
    skipped: one.skipped + other.skipped,
    loss: one.loss + other.loss,
    terms: Object.fromEntries(
      [...names].map((name) => [name, (one.terms[name] ?? 0) + (other.terms[name] ?? 0)]),
    ),
  };
}

/** The meter after one more skipped batch. */
export function addSkipped(meter: Meter): Meter {
  return { ...meter, skipped: meter.skipped + 1 };
}

/** The mean of each term. */
export function meanTerms({ examples, terms }: Meter): Record<string, number> {
  return mapValues(terms, (sum) => sum / examples);
}

/** The mean loss. */
export function meanLoss({ examples, loss }: Meter): number {
  return loss / examples;
}

/** Describes a divergence in the metrics, as the end of "NETWORK: "; undefined if there is none. */
export function divergence({ nonFinite = 0, examples, loss }: Meter): string | undefined {
  if (nonFinite > 0) return `its logits are not finite for ${nonFinite} of ${examples} images`;
  return Number.isFinite(loss) ? undefined : `its loss is ${loss / examples}`;
}

/** The share of correct answers, in per cent. */
export function accuracy({ correct, examples }: Meter): number {
  return 100 * correct / examples;
}

/** The share of examples whose label was among the top five answers, in per cent. */
export function accuracy5({ correct5, examples }: Meter): number {
  return 100 * correct5 / examples;
}
