/**
 * Statistics of runs that differ only in their seed.
 *
 * @module
 */

/** The least number of seeds whose spread says anything. */
export const leastSeeds = 3;

/** The mean of one or more numbers. */
export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** The sample standard deviation, divided by n - 1; undefined for one value. */
export function deviation(values: readonly number[]): number | undefined {
  if (values.length < 2) return undefined;
  const middle = mean(values);
  const squares = values.reduce((sum, value) => sum + (value - middle) ** 2, 0);
  return Math.sqrt(squares / (values.length - 1));
}

/** The mean of differences, and its 95% confidence interval. */
export interface Interval {
  readonly n: number;
  readonly mean: number;
  /** Undefined for one difference, which says nothing about the spread. */
  readonly ends: readonly [number, number] | undefined;
}

/**
 * The paired 95% t interval for the mean of differences, each between two runs with the same seed.
 *
 * @param differences One or more.
 */
export function pairedInterval(differences: readonly number[]): Interval {
  const n = differences.length;
  const middle = mean(differences);
  const spread = deviation(differences);
  if (spread === undefined) return { n, mean: middle, ends: undefined };
  const half = tQuantile(0.975, n - 1) * spread / Math.sqrt(n);
  return { n, mean: middle, ends: [middle - half, middle + half] };
}

/**
 * The quantile of Student's t distribution, by bisection. Written here because packages with it
 * bring 230 others or are no longer maintained.
 *
 * @param probability Between 0.5 and 1, exclusive.
 * @param freedom Degrees of freedom, a whole number of at least 1.
 */
export function tQuantile(probability: number, freedom: number): number {
  let [low, high] = [0, 1];
  while (tDistribution(high, freedom) < probability) high *= 2;
  while (high - low > 1e-12 * high) {
    const middle = (low + high) / 2;
    if (tDistribution(middle, freedom) < probability) low = middle;
    else high = middle;
  }
  return high;
}

/** P(T <= t), t >= 0: Abramowitz and Stegun, Handbook of Mathematical Functions, 26.7.3, 26.7.4. */
function tDistribution(t: number, freedom: number): number {
  const angle = Math.atan(t / Math.sqrt(freedom));
  const isOdd = freedom % 2 === 1;
  const square = Math.cos(angle) ** 2;
  let term = isOdd ? Math.cos(angle) : 1;
  let sum = freedom === 1 ? 0 : term;
  for (let i = isOdd ? 3 : 2; i <= freedom - 2; i += 2) {
    term *= square * (i - 1) / i;
    sum += term;
  }
  const inside = isOdd ? 2 / Math.PI * (angle + Math.sin(angle) * sum) : Math.sin(angle) * sum;
  return (1 + inside) / 2;
}
