/**
 * Counts which classes a network answers for the images of each class.
 *
 * @module
 */

/** How often each class was answered for the images of each class. */
export interface Confusion {
  /** The number of classes. */
  classes: number;
  /** `[classes, classes]`, row-major: at `label * classes + answer`, the number of images. */
  counts: Uint32Array;
}

/**
 * Counts the answers for each class.
 *
 * @param labels the classes of the images, `[N]`, each in `[0, classes)`.
 * @param answers the answers of a network, `[N]`, each in `[0, classes)`.
 * @throws {RangeError} If there are not as many answers as labels, or one is no class.
 */
export function confusionOf(labels: Int32Array, answers: Int32Array, classes: number): Confusion {
  if (labels.length !== answers.length) {
    throw new RangeError(
      `Cannot compare ${answers.length} answers with ${labels.length} labels: there must be as many`,
    );
  }
  const counts = new Uint32Array(classes * classes);
  for (const [i, label] of labels.entries()) {
    const answer = answers[i] as number;
    const wrong = [label, answer].find((value) => !(value >= 0 && value < classes));
    if (wrong !== undefined) {
      throw new RangeError(`Cannot count class ${wrong}: there are ${classes} classes`);
    }
    counts[label * classes + answer]!++;
  }
  return { classes, counts };
}

/** How many images of a class there are, and how many were answered rightly. */
export interface ClassScore {
  images: number;
  correct: number;
}

/** The score of each class. */
export function scoresOf({ classes, counts }: Confusion): ClassScore[] {
  return Array.from({ length: classes }, (_, label) => ({
    images: counts.subarray(label * classes, (label + 1) * classes).reduce((a, b) => a + b, 0),
    correct: counts[label * classes + label] as number,
  }));
}

/** The score of all classes together. */
export function totalScore(scores: readonly ClassScore[]): ClassScore {
  return {
    images: scores.reduce((sum, { images }) => sum + images, 0),
    correct: scores.reduce((sum, { correct }) => sum + correct, 0),
  };
}

/** The fraction of images answered rightly; undefined if there are no images. */
export function accuracyOf({ images, correct }: ClassScore): number | undefined {
  return images === 0 ? undefined : correct / images;
}

/** A class, and a wrong answer for its images. */
export interface ConfusedPair {
  label: number;
  answer: number;
  /** The number of images of the class with this answer. */
  count: number;
  /** The number of images of the class. */
  images: number;
}

/** The wrong answers given most often, most frequent first; of equal ones, the lower class first. */
export function mostConfused(confusion: Confusion, limit: number): ConfusedPair[] {
  const { classes, counts } = confusion;
  const scores = scoresOf(confusion);
  const pairs: ConfusedPair[] = [];
  for (const [place, count] of counts.entries()) {
    const [label, answer] = [Math.floor(place / classes), place % classes];
    if (count === 0 || label === answer) continue;
    pairs.push({ label, answer, count, images: (scores[label] as ClassScore).images });
  }
  return pairs.sort((a, b) => b.count - a.count).slice(0, limit);
}
