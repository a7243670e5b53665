/**
 * Means over the examples of an epoch.
 *
 * @module
 */

/** Sums over examples; plain numbers, so that a checkpoint can hold them. */
export interface Meter {
  readonly examples: number;
  readonly correct: number;
  /** Each term of the loss, times the number of examples it is a mean of. */
  readonly terms: Readonly<Record<string, number>>;
}

/** The meter before the first batch. */
export function emptyMeter(): Meter {
  return { examples: 0, correct: 0, terms: {} };
}

/** The meter after one more batch. */
export function addToMeter(
  meter: Meter,
  examples: number,
  correct: number,
  terms: Readonly<Record<string, number>>,
): Meter {
  const sums = Object.entries(terms).map(([name, value]) =>
    [name, (meter.terms[name] ?? 0) + value * examples] as const
  );
  return {
    examples: meter.examples + examples,
    correct: meter.correct + correct,
    terms: Object.fromEntries(sums),
  };
}

/** The mean of each term. */
export function meanTerms({ examples, terms }: Meter): Record<string, number> {
  return Object.fromEntries(Object.entries(terms).map(([name, sum]) => [name, sum / examples]));
}

/** The mean of all terms together. */
export function meanLoss(meter: Meter): number {
  return Object.values(meanTerms(meter)).reduce((sum, mean) => sum + mean, 0);
}

/** The share of right answers, in per cent. */
export function accuracy({ correct, examples }: Meter): number {
  return 100 * correct / examples;
}
