/**
 * Records images that cannot be used, or only partly, with the reason.
 *
 * @module
 */

/** An image that cannot be used. */
export interface SkippedImage {
  /** Its path. */
  readonly path: string;
  /** The reason in a few words: `the file is cut short`. */
  readonly reason: string;
}

/**
 * Collects the images that cannot be used, each only once.
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
   * @param onSkip Called for each image when it is added for the first time.
   * @param onDamaged The same for damaged images that are still used.
   */
  constructor(onSkip?: (image: SkippedImage) => void, onDamaged?: (image: SkippedImage) => void) {
    this.#onSkip = onSkip;
    this.#onDamaged = onDamaged;
  }

  /** The number of images that cannot be used. */
  get size(): number {
    return this.#reasons.size;
  }

  /** The number of damaged images that are still used. They are not counted in `size`. */
  get damaged(): number {
    return this.#damaged.size;
  }

  /** True if an image is damaged but still used. */
  isDamaged(path: string): boolean {
    return this.#damaged.has(path);
  }

  /** Adds a damaged image that is still used, unless already added. */
  addDamaged(path: string, reason: string): void {
    if (this.#damaged.has(path)) return;
    this.#damaged.add(path);
    this.#onDamaged?.({ path, reason });
  }

  /** Adds an image that cannot be used, unless already added. */
  add(path: string, reason: string): void {
    if (this.#reasons.has(path)) return;
    this.#reasons.set(path, reason);
    this.#onSkip?.({ path, reason });
  }

  /** The images that cannot be used, in the order in which they were added. */
  *[Symbol.iterator](): Iterator<SkippedImage> {
    for (const [path, reason] of this.#reasons) yield { path, reason };
  }
}
