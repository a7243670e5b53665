/**
 * Random colour changes with the rules of torchvision's `ColorJitter`.
 *
 * @module
 */
import type { Random } from "../random.ts";

/** A colour property that can be changed. */
export type JitterKind = "brightness" | "contrast" | "saturation";

/**
 * How much to change each property: the factor is uniformly distributed on `[max(0, 1 - x), 1 + x]`. A
 * missing property is not changed.
 */
export type ColorJitter = Readonly<Partial<Record<JitterKind, number>>>;

/** A colour change: factor 1 changes nothing, 0 removes the property. */
export interface JitterStep {
  /** The property to change. */
  readonly kind: JitterKind;
  /** The factor, 0 or more. */
  readonly factor: number;
}

const kinds: readonly JitterKind[] = ["brightness", "contrast", "saturation"];

/**
 * Draws colour changes in random order. Draws the order first, then the factors in that order.
 *
 * @throws {RangeError} If a number of `jitter` is negative or not finite.
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
