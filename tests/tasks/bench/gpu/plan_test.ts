/**
 * Tests of the plan of `deno task bench --gpu`.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { parityCases } from "../../../../tasks/bench/cases.ts";
import { weightNames } from "../../../../lib/methods/table.ts";
import {
  budget,
  doctor,
  limitOf,
  planFor,
  type Section,
} from "../../../../tasks/bench/gpu/plan.ts";
import { scaledCase } from "../../../../tasks/bench/gpu/step_times.ts";

const plans = [true, false].flatMap((gpu) =>
  [true, false].flatMap((bfloat16) =>
    [true, false].map((quick) => planFor({ gpu, bfloat16, quick }))
  )
);

function section(name: string, least: number, most: number): Section {
  return { name, task: { kind: "doctor" }, least, most };
}

Deno.test("planFor() keeps time for every section, within six minutes", () => {
  assert(budget < 6 * 60);
  for (const { sections } of plans) {
    const kept = [doctor, ...sections].reduce((sum, { least }) => sum + least, 0);
    assert(kept <= budget, `${kept} s are kept`);
    for (const { name, least, most } of sections) assert(least <= most, name);
    assertEquals(new Set(sections.map(({ name }) => name)).size, sections.length);
  }
});

Deno.test("planFor() names steps and parity cases that there are", () => {
  for (const { task } of plans.flatMap(({ sections }) => sections)) {
    if (task.kind === "steps" || task.kind === "memory") {
      for (const step of task.cases) assert(scaledCase(step, task.scale).batch >= 1);
    }
    if (task.kind === "parity") {
      for (const name of [...task.cases, ...task.few]) assert(name in parityCases, name);
    }
  }
});

Deno.test("parityCases have every method of the table, and standardised logits", () => {
  const shapes = Object.values(parityCases);
  for (const name of weightNames) assert(shapes.some((shape) => (shape[name] ?? 0) > 0), name);
  assert(shapes.some(({ standardize }) => standardize));
});

Deno.test("planFor() measures all five steps on a GPU, on 128 and 1024 images", () => {
  const { sections, smaller } = planFor({ gpu: true, bfloat16: true, quick: false });
  assertEquals(smaller, []);
  const batches = sections.flatMap(({ task }) =>
    task.kind === "steps" && task.precision === "float32"
      ? [task.cases.map((step) => scaledCase(step, task.scale).batch)]
      : []
  );
  // ResNet-18's images are 49 times as large: as in the case set, its batch is an eighth.
  assertEquals(batches, [[128, 128, 128, 128, 16], [1024, 1024, 1024, 1024, 128]]);
});

Deno.test("planFor() says what is smaller, and leaves out bfloat16 where there is none", () => {
  const { sections, smaller } = planFor({ gpu: false, bfloat16: false, quick: false });
  assert(smaller.some((text) => text.includes("16 images")));
  assert(smaller.some((text) => text.includes("bfloat16")));
  assert(!JSON.stringify(sections).includes("bfloat16"));
});

Deno.test("limitOf() keeps what later sections need, and gives no more than a section needs", () => {
  const later = [section("b", 20, 50), section("c", 30, 30)];
  assertEquals(limitOf(section("a", 10, 40), 100, later), 40);
  assertEquals(limitOf(section("a", 10, 40), 75, later), 25);
  assertEquals(limitOf(section("a", 10, 40), 20, later), 0);
  assertEquals(limitOf(section("c", 30, 30), 45, []), 30);
});
