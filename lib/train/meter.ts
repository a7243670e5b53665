/**
 * Means over the examples of an epoch.
 *
 * @module
 */

/** Sums over examples; plain numbers, so that a checkpoint can hold them. */
export interface Meter {
  readonly examples: number;
  readonly correct: number;
  /** Of how many the right class was among the first five. */
  readonly correct5: number;
  /** For how many a logit was not finite; left out where there are none. */
  readonly nonFinite?: number;
  /** Batches that count in nothing else, for they were skipped. */
  readonly skipped: number;
  /** The loss, times the number of examples it is a mean of. */
  readonly loss: number;
  /** Each of its terms in the same way. */
  readonly terms: Readonly<Record<string, number>>;
}

/** The meter before the first batch. */
export function emptyMeter(): Meter {
  return { examples: 0, correct: 0, correct5: 0, skipped: 0, loss: 0, terms: {} };
}

/** What a batch gave. */
export interface BatchMetrics {
  readonly examples: number;
  readonly correct: number;
  readonly correct5: number;
  /** For how many a logit was not finite, where that is known. */
  readonly nonFinite?: number | undefined;
  /** Mean over its examples. */
  readonly loss: number;
  /** Means over its examples. */
  readonly terms?: Readonly<Record<string, number>>;
}

/** The meter after one more batch. */
export function addToMeter(
  meter: Meter,
  { examples, correct, correct5, nonFinite = 0, loss, terms = {} }: BatchMetrics,
): Meter {
  const sums = Object.entries(terms).map(([name, value]) =>
    [name, (meter.terms[name] ?? 0) + value * examples] as const
  );
  return {
    ...meter,
    examples: meter.examples + examples,
    correct: meter.correct + correct,
    correct5: meter.correct5 + correct5,
    ...(nonFinite > 0 && { nonFinite: (meter.nonFinite ?? 0) + nonFinite }),
    loss: meter.loss + loss * examples,
    terms: Object.fromEntries(sums),
  };
}

/** The meter after one more batch that is not to count. */
export function addSkipped(meter: Meter): Meter {
  return { ...meter, skipped: meter.skipped + 1 };
}

/** The mean of each term. */
export function meanTerms({ examples, terms }: Meter): Record<string, number> {
  return Object.fromEntries(Object.entries(terms).map(([name, sum]) => [name, sum / examples]));
}

/** The mean loss. */
export function meanLoss({ examples, loss }: Meter): number {
  return loss / examples;
}

/** What is wrong with a network that gave such metrics, to follow its name; undefined where nothing is. */
export function divergence({ nonFinite = 0, examples, loss }: Meter): string | undefined {
  if (nonFinite > 0) return `its logits are not finite for ${nonFinite} of ${examples} images`;
  return Number.isFinite(loss) ? undefined : `its loss is ${loss / examples}`;
}

/** The share of right answers, in per cent. */
export function accuracy({ correct, examples }: Meter): number {
  return 100 * correct / examples;
}

/** The share of examples whose right class was among the first five, in per cent. */
export function accuracy5({ correct5, examples }: Meter): number {
  return 100 * correct5 / examples;
}
