/**
 * Tests of the points at which growth is measured, and of their pictures.
 *
 * @module
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { plainCase } from "../../bench/cases.ts";
import { growthAxes, growthCase, growthSvg } from "../../bench/growth.ts";

Deno.test("growthAxes() goes up to all processors, and has the ends alone in a quick look", () => {
  const threads = (count: number) => growthAxes(count, false).at(-1)?.values;
  assertEquals([1, 2, 6, 8].map(threads), [[1], [1, 2], [1, 2, 4, 6], [1, 2, 4, 8]]);
  assertEquals(growthAxes(6, true).map(({ values }) => values), [[16, 256], [1, 4], [10, 40], [
    1,
    6,
  ]]);
  assertEquals(growthAxes(1, true).at(-1)?.values, [1]);
});

Deno.test("growthCase() changes one thing of the plain step", () => {
  const [batch, , depth, threads] = growthAxes(2, false);
  assertEquals(growthCase(batch!, 32), { ...plainCase, batch: 32 });
  assertEquals(growthCase(depth!, 40), { ...plainCase, depth: 40 });
  assertEquals(growthCase(threads!, 2), plainCase);
});

Deno.test("growthSvg() draws a line for each program, with units on both axes", async () => {
  const [axis] = growthAxes(2, false);
  const points = axis!.values.map((value) => ({
    value,
    milliseconds: { "ours": value, "PyTorch compile": value + 10 },
  }));
  const svg = await growthSvg(axis!, points, "WRN-16-1, float32");
  const texts = [...svg.matchAll(/<text[^>]*>([^<]*)</g)].map(([, text]) => text);
  const shown = [
    "images a step",
    "ms a step",
    "ours",
    "PyTorch compile",
    "WRN-16-1, float32",
    "256",
  ];
  for (const text of shown) assert(texts.includes(text), `${text} is not among ${texts}`);
  for (const color of ["#2563eb", "#ea580c"]) assertStringIncludes(svg, `stroke="${color}"`);
  assertStringIncludes(svg, `fill="#ffffff"`);
  assert(!svg.includes("NaN"));
});

Deno.test("growthSvg() draws what one program lacks", async () => {
  const [, , , axis] = growthAxes(2, false);
  const points = [
    { value: 1, milliseconds: { "ours": 2, "PyTorch eager": 3 } },
    { value: 2, milliseconds: { "ours": 1 } },
  ];
  assert(!(await growthSvg(axis!, points, "plain")).includes("NaN"));
});
