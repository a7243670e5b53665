/**
 * Tests of the points where growth is measured, and of the charts.
 *
 * @module
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { plainCase } from "../../../tasks/bench/cases.ts";
import {
  describeStep,
  growthAxes,
  growthPoint,
  growthStep,
  growthSvg,
} from "../../../tasks/bench/growth.ts";

Deno.test("growthAxes() goes up to all processors, and has the ends alone in a quick look", () => {
  const threads = (count: number) => growthAxes(count, false).at(-1)?.values;
  assertEquals([1, 2, 6, 8].map(threads), [[1], [1, 2], [1, 2, 4, 6], [1, 2, 4, 8]]);
  assertEquals(growthAxes(6, true).map(({ values }) => values), [[16, 256], [1, 4], [10, 40], [
    1,
    6,
  ]]);
  assertEquals(growthAxes(1, true).at(-1)?.values, [1]);
});

Deno.test("growthStep() changes one thing of the plain step on all threads", () => {
  const [batch, , depth, threads] = growthAxes(2, false);
  assertEquals(growthStep(batch!, 32, 2), { shape: { ...plainCase, batch: 32 }, threads: 2 });
  assertEquals(growthStep(depth!, 40, 2), { shape: { ...plainCase, depth: 40 }, threads: 2 });
  assertEquals(growthStep(threads!, 1, 2), { shape: plainCase, threads: 1 });
});

Deno.test("describeStep() tells every step of the axes from the others, and knows the common one", () => {
  const axes = growthAxes(4, false);
  const steps = axes.flatMap((axis) => axis.values.map((value) => growthStep(axis, value, 4)));
  const names = new Set(steps.map((step) => describeStep(step)));
  assertEquals(names.size, steps.length - (axes.length - 1));
  const common = { shape: plainCase, threads: 4 };
  assert(names.has(describeStep(common)));
  assertEquals(describeStep(common), "depth 16, width 1, batch 128, 4 threads");
  assertEquals(describeStep({ ...common, threads: 1 }, "batch"), "depth 16, width 1, 1 thread");
});

Deno.test("growthPoint() has the medians and the least times", () => {
  assertEquals(growthPoint(32, { ours: [3, 1, 9], other: [4, 5, 6] }), {
    value: 32,
    milliseconds: { ours: 3, other: 5 },
    least: { ours: 1, other: 4 },
  });
});

Deno.test("growthSvg() draws a line for each program, with units on both axes", async () => {
  const [axis] = growthAxes(2, false);
  const points = axis!.values.map((value) =>
    growthPoint(value, { "ours": [value], "PyTorch compile": [value + 10] })
  );
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
    growthPoint(1, { "ours": [2], "PyTorch eager": [3] }),
    growthPoint(2, { "ours": [1] }),
  ];
  assert(!(await growthSvg(axis!, points, "plain")).includes("NaN"));
});
