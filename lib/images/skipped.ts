/**
 * The images that cannot be used, or only in part, by name and with the reason.
 *
 * @module
 */

/** An image that cannot be used. */
export interface SkippedImage {
  /** Its path. */
  readonly path: string;
  /** Why it cannot be used, in a few words: `the file is cut short`. */
  readonly reason: string;
}

/**
 * Collects the images that cannot be used, each once, however often it is come across.
 *
 * @example
 * ```ts
 * import { SkippedImages } from "@attention-transfer/core";
 *
 * const skipped = new SkippedImages(({ path, reason }) => console.error(`${path}: ${reason}`));
 * skipped.add("train/cat/1.jpg", "the file is empty"); // prints it
 * console.log(skipped.size, [...skipped][0]?.reason); // 1 "the file is empty"
 * ```
 */
export class SkippedImages implements Iterable<SkippedImage> {
  readonly #reasons = new Map<string, string>();
  readonly #onSkip: ((image: SkippedImage) => void) | undefined;
  readonly #damaged = new Set<string>();
  readonly #onDamaged: ((image: SkippedImage) => void) | undefined;

  /**
   * An empty collection.
   *
   * @param onSkip Called for each image when it is come across for the first time.
   * @param onDamaged The same, for images that are damaged and used all the same.
   */
  constructor(
    onSkip?: (image: SkippedImage) => void,
    onDamaged?: (image: SkippedImage) => void,
  ) {
    this.#onSkip = onSkip;
    this.#onDamaged = onDamaged;
  }

  /** How many images there are. */
  get size(): number {
    return this.#reasons.size;
  }

  /** How many images are damaged and used all the same; they are not among the others. */
  get damaged(): number {
    return this.#damaged.size;
  }

  /** Whether an image is known to be damaged and used all the same. */
  isDamaged(path: string): boolean {
    return this.#damaged.has(path);
  }

  /** Adds an image that is damaged and used all the same, unless it is known already. */
  addDamaged(path: string, reason: string): void {
    if (this.#damaged.has(path)) return;
    this.#damaged.add(path);
    this.#onDamaged?.({ path, reason });
  }

  /** Adds an image, unless it is known already. */
  add(path: string, reason: string): void {
    if (this.#reasons.has(path)) return;
    this.#reasons.set(path, reason);
    this.#onSkip?.({ path, reason });
  }

  /** The images, in the order in which they were come across. */
  *[Symbol.iterator](): Iterator<SkippedImage> {
    for (const [path, reason] of this.#reasons) yield { path, reason };
  }
}
