/**
 * Tests of the colours of heat maps.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { heatColors, heatLevels, palette } from "../../../tasks/visualize/heat.ts";

Deno.test("palette goes from the first of heatColors to the last, all as translucent", () => {
  assertEquals(palette.length, 256);
  const hex = (color: number[]) =>
    `#${color.slice(0, 3).map((value) => value.toString(16).padStart(2, "0")).join("")}`;
  assertEquals([0, 255].map((level) => hex(palette[level]!)), [heatColors[0]!, heatColors.at(-1)!]);
  assertEquals(new Set(palette.map(([, , , opacity]) => opacity)), new Set([160]));
});

Deno.test("heatLevels() goes from the map's least value to its greatest", () => {
  const map = { values: Float32Array.of(-3, -1, -2, -3), size: [2, 2] as const };
  assertEquals(heatLevels(map, [2, 2]), {
    levels: Uint8Array.of(0, 255, 127, 0),
    height: 2,
    width: 2,
  });
});
