/**
 * Random changes of an image's colours, by the rules of torchvision's `ColorJitter`.
 *
 * @module
 */
import type { Random } from "../random.ts";

/** A property of colours that can be changed. */
export type JitterKind = "brightness" | "contrast" | "saturation";

/**
 * How far each property may be changed: by a factor from the uniform distribution on
 * `[max(0, 1 - x), 1 + x]`. One that is left out stays as it is.
 */
export type ColorJitter = Readonly<Partial<Record<JitterKind, number>>>;

/** A change of an image's colours: 1 leaves them as they are, 0 takes the property away. */
export interface JitterStep {
  /** What is changed. */
  readonly kind: JitterKind;
  /** How much is left of it, 0 or more. */
  readonly factor: number;
}

const kinds: readonly JitterKind[] = ["brightness", "contrast", "saturation"];

/**
 * Draws changes of colours, in random order. Drawn are first the order and then, in that order, the
 * factors.
 *
 * @throws {RangeError} If one of the numbers of `jitter` is negative or not finite.
 */
export function randomJitter(jitter: ColorJitter, random: Random): JitterStep[] {
  const changed = kinds.filter((kind) => jitter[kind] !== undefined && jitter[kind] !== 0);
  return Array.from(random.permutation(changed.length), (i) => {
    const kind = changed[i]!;
    const most = jitter[kind]!;
    if (!(most > 0 && most < Infinity)) {
      throw new RangeError(`The jitter of ${kind} must not be negative: current value is ${most}`);
    }
    const least = Math.max(0, 1 - most);
    return { kind, factor: least + (1 + most - least) * random.uniform() };
  });
}
