/**
 * Compares the answers of two networks image by image.
 *
 * @module
 */

/** What became of the images from a baseline to a student. */
export interface Changes {
  /** The indices of the images that only the student answers rightly, in order. */
  gained: number[];
  /** The indices of the images that only the baseline answers rightly, in order. */
  lost: number[];
  /** The number of images that both answer rightly. */
  bothRight: number;
  /** The number of images that both answer wrongly. */
  bothWrong: number;
}

/**
 * The images that a student gains and loses against a baseline.
 *
 * @param labels the classes of the images, `[N]`.
 * @param student the student's answers, `[N]`.
 * @param baseline the baseline's answers, `[N]`.
 * @throws {RangeError} If there are not as many answers as labels.
 */
export function changesBetween(
  labels: Int32Array,
  student: Int32Array,
  baseline: Int32Array,
): Changes {
  if (student.length !== labels.length || baseline.length !== labels.length) {
    throw new RangeError(
      `Cannot compare ${student.length} and ${baseline.length} answers for ${labels.length} images: ` +
        "there must be as many",
    );
  }
  const changes: Changes = { gained: [], lost: [], bothRight: 0, bothWrong: 0 };
  for (const [i, label] of labels.entries()) {
    const [now, before] = [student[i] === label, baseline[i] === label];
    if (now && before) changes.bothRight++;
    else if (now) changes.gained.push(i);
    else if (before) changes.lost.push(i);
    else changes.bothWrong++;
  }
  return changes;
}

/**
 * McNemar's exact test: the probability that chance alone splits the images that only one of two equally
 * good networks gets right at least this unevenly (two-sided, binomial with probability 1/2).
 *
 * @returns in `(0, 1]`, or 0 if it is too small for a number; 1 if there are no such images.
 */
export function mcNemar(gained: number, lost: number): number {
  const count = gained + lost;
  let [logWays, tail] = [0, 0];
  for (let k = 0; k <= Math.min(gained, lost); k++) {
    if (k > 0) logWays += Math.log((count - k + 1) / k);
    tail += Math.exp(logWays - count * Math.LN2);
  }
  return Math.min(1, 2 * tail);
}
