/**
 * Tests of boxes from attention maps.
 *
 * @module
 */
import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { attentionBox } from "../../../lib/localization/attention_box.ts";
import type { MapSize } from "../../../lib/localization/resize_map.ts";

/** A map drawn with digits, one line a row. */
function drawn(...rows: string[]): { map: Float32Array; size: MapSize } {
  const map = Float32Array.from(rows.join(""), Number);
  return { map, size: [rows.length, rows[0]!.length] };
}

/** The box of a map whose image is as large as itself. */
function boxOf(threshold: number, ...rows: string[]) {
  const { map, size } = drawn(...rows);
  return attentionBox(map, size, { threshold, size });
}

Deno.test("attentionBox() holds a blob, with the positions at the threshold", () => {
  const rows = ["00000", "00510", "00950", "00040", "00000"];
  assertEquals(boxOf(0.5, ...rows), [2, 1, 4, 3]);
  assertEquals(boxOf(5 / 9, ...rows), [2, 1, 4, 3]);
  assertEquals(boxOf(0.1, ...rows), [2, 1, 4, 4]);
  assertEquals(boxOf(0.9, ...rows), [2, 2, 3, 3]);
  assertEquals(boxOf(1, ...rows), [2, 2, 3, 3]);
});

Deno.test("attentionBox() takes the largest of two blobs, not the brightest", () => {
  assertEquals(boxOf(0.2, "900000", "000055", "000055"), [4, 1, 6, 3]);
});

Deno.test("attentionBox() parts blobs that touch by their corners only", () => {
  assertEquals(boxOf(0.5, "9000", "0990", "0099"), [1, 1, 4, 3]);
});

Deno.test("attentionBox() does not join the end of a row to the start of the next", () => {
  assertEquals(boxOf(0.5, "0009", "9000", "0000"), [3, 0, 4, 1]);
});

Deno.test("attentionBox() takes the first of equal blobs, from the top and then from the left", () => {
  assertEquals(boxOf(0.5, "0099", "0000", "9900"), [2, 0, 4, 1]);
  assertEquals(boxOf(0.5, "0090", "9090", "9000"), [2, 0, 3, 2]);
});

Deno.test("attentionBox() of a flat map is the whole image, of a zero map none", () => {
  assertEquals(boxOf(0.2, "333", "333"), [0, 0, 3, 2]);
  assertEquals(boxOf(1, "333", "333"), [0, 0, 3, 2]);
  assertEquals(boxOf(0.2, "000", "000"), undefined);
});

Deno.test("attentionBox() follows a winding blob", () => {
  assertEquals(boxOf(0.5, "99999", "00009", "99909", "90009", "99999"), [0, 0, 5, 5]);
});

Deno.test("attentionBox() resizes the map to the image, bilinearly", () => {
  const { map, size } = drawn("00", "09");
  // Centres at 1/4 and 3/4 of each side: beyond them the outer values are kept.
  assertEquals(attentionBox(map, size, { threshold: 1, size: [8, 16] }), [12, 6, 16, 8]);
  assertEquals(attentionBox(map, size, { threshold: 0.2, size: [8, 16] }), [6, 3, 16, 8]);
});

Deno.test("attentionBox() does not depend on the map's scale, and lies in the image", () => {
  const cells = fc.array(fc.integer({ min: 0, max: 1000 }), { minLength: 12, maxLength: 12 });
  const sides = fc.tuple(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 20 }));
  fc.assert(fc.property(cells, sides, (values, size) => {
    const [map, twice] = [Float32Array.from(values), Float32Array.from(values, (v) => 2 * v)];
    const box = attentionBox(map, [3, 4], { size });
    assertEquals(attentionBox(twice, [3, 4], { size }), box);
    if (!box) return;
    const [xmin, ymin, xmax, ymax] = box;
    const ordered = [0, xmin, xmax, size[1]].every((x, i, all) => i === 0 || all[i - 1]! <= x) &&
      [0, ymin, ymax, size[0]].every((y, i, all) => i === 0 || all[i - 1]! <= y);
    assertEquals(ordered && xmin < xmax && ymin < ymax, true, `${box} in ${size}`);
  }));
});

Deno.test("attentionBox() refuses what is no map", () => {
  const box = (values: number[], threshold = 0.2) =>
    attentionBox(Float32Array.from(values), [2, 2], { threshold, size: [2, 2] });
  assertThrows(() => box([0, 1, -1, 0]), RangeError, "one of them is -1");
  assertThrows(() => box([0, 1, NaN, 0]), RangeError, "one of them is NaN");
  assertThrows(() => box([0, 1, Infinity, 0]), RangeError, "one of them is Infinity");
  assertThrows(() => box([0, 1, 2]), RangeError, "it has 3");
  for (const threshold of [0, 1.1, NaN]) {
    assertThrows(() => box([0, 1, 2, 3], threshold), RangeError, `current value is ${threshold}`);
  }
  const map = Float32Array.from([1]);
  assertThrows(() => attentionBox(map, [1, 1], { size: [0, 4] }), RangeError, "whole numbers");
  assertThrows(() => attentionBox(map, [1, 1], { size: [4, 1.5] }), RangeError, "whole numbers");
});
