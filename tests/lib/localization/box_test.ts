/**
 * Tests of boxes and their overlap.
 *
 * @module
 */
import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import {
  bestOverlap,
  type BoundingBox,
  intersectionOverUnion,
  localizationScore,
} from "../../../lib/localization/box.ts";

const edge = fc.double({ min: -1000, max: 1000, noNaN: true });
const side = fc.double({ min: 0.01, max: 1000, noNaN: true });
const anyBox = fc.tuple(edge, edge, side, side)
  .map(([x, y, width, height]): BoundingBox => [x, y, x + width, y + height])
  .filter(([xmin, ymin, xmax, ymax]) => xmax > xmin && ymax > ymin);

Deno.test("intersectionOverUnion() is symmetric, from 0 to 1, and 1 of equal boxes", () => {
  fc.assert(fc.property(anyBox, anyBox, (a, b) => {
    const overlap = intersectionOverUnion(a, b);
    assert(overlap >= 0 && overlap <= 1, `${overlap}`);
    assertEquals(intersectionOverUnion(b, a), overlap);
    assertEquals(intersectionOverUnion(a, a), 1);
  }));
});

Deno.test("intersectionOverUnion() does not depend on where the boxes are, nor on their scale", () => {
  const whole = fc.integer({ min: -50, max: 50 });
  const length = fc.integer({ min: 1, max: 50 });
  const wholeBox = fc.tuple(whole, whole, length, length)
    .map(([x, y, width, height]): BoundingBox => [x, y, x + width, y + height]);
  fc.assert(fc.property(wholeBox, wholeBox, whole, length, (a, b, shift, scale) => {
    const moved = (box: BoundingBox) =>
      box.map((value) => value * scale + shift) as unknown as BoundingBox;
    assertAlmostEquals(
      intersectionOverUnion(moved(a), moved(b)),
      intersectionOverUnion(a, b),
      1e-12,
    );
  }));
});

const known: [what: string, a: BoundingBox, b: BoundingBox, overlap: number][] = [
  ["a half of a box", [0, 0, 4, 4], [0, 0, 4, 2], 0.5],
  ["a corner", [0, 0, 2, 2], [1, 1, 3, 3], 1 / 7],
  ["a box within another", [0, 0, 10, 10], [4, 4, 6, 6], 0.04],
  ["boxes that touch", [0, 0, 2, 2], [2, 0, 4, 2], 0],
  ["boxes apart in both directions", [0, 0, 1, 1], [5, 5, 6, 6], 0],
  ["boxes apart in one direction", [0, 0, 1, 9], [5, 0, 6, 9], 0],
];

for (const [what, a, b, overlap] of known) {
  Deno.test(`intersectionOverUnion() of ${what} is ${overlap}`, () => {
    assertAlmostEquals(intersectionOverUnion(a, b), overlap, 1e-15);
  });
}

Deno.test("intersectionOverUnion() refuses a box without an area", () => {
  const box: BoundingBox = [0, 0, 1, 1];
  const wrong: BoundingBox[] = [[2, 0, 2, 1], [0, 2, 1, 1], [1, 1, 0, 0], [0, 0, NaN, 1], [
    0,
    0,
    Infinity,
    1,
  ]];
  for (const other of wrong) {
    assertThrows(() => intersectionOverUnion(box, other), RangeError, `[${other.join(", ")}]`);
    assertThrows(() => intersectionOverUnion(other, box), RangeError, "must have an area");
  }
});

Deno.test("localizationScore() counts the images whose box covers one of the given ones by half", () => {
  const given: BoundingBox[] = [[50, 50, 60, 60], [0, 0, 10, 10]];
  const half: BoundingBox = [0, 0, 10, 5];
  const less: BoundingBox = [0, 0, 10, 4.99];
  assertEquals(bestOverlap({ found: half, given }), 0.5);
  assertEquals(bestOverlap({ found: undefined, given }), 0);
  const images = [half, less, undefined, given[0]].map((found) => ({ found, given }));
  assertEquals(localizationScore(images), 0.5);
  assertEquals(localizationScore(images, 0.6), 0.25);
  assertEquals(localizationScore(images, 0.4), 0.75);
});

Deno.test("localizationScore() refuses no images, and an image without a given box", () => {
  assertThrows(() => localizationScore([]), RangeError, "there is no image");
  const without = { found: [0, 0, 1, 1] as const, given: [] };
  assertThrows(() => localizationScore([without]), RangeError, "no box is given");
});

Deno.test("localizationScore() refuses a least overlap that is none", () => {
  const image = { found: [0, 0, 1, 1] as const, given: [[0, 0, 1, 1] as const] };
  for (const least of [NaN, -0.1, 1.1, Infinity]) {
    assertThrows(() => localizationScore([image], least), RangeError, `an IoU of ${least}`);
  }
});
