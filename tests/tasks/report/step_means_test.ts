/** Tests of the losses of steps. @module */
import { assert, assertEquals } from "@std/assert";
import { StepMeans } from "../../../tasks/report/step_means.ts";

Deno.test("StepMeans keeps each step of a short run, and says what is new", () => {
  const means = new StepMeans();
  assertEquals(means.takeChange(), 0);
  assertEquals(means.takeChange(), undefined);
  means.add(1, 4);
  means.add(2, 2);
  assertEquals(means.takeChange(), 0);
  means.add(3, 1);
  assertEquals(means.takeChange(), 2);
  assertEquals(means.columns(1), { step: [2, 3], step_loss: [2, 1] });
  means.clear();
  assertEquals([means.takeChange(), means.length], [0, 0]);
});

Deno.test("StepMeans keeps means of a long run", () => {
  const means = new StepMeans();
  for (let step = 1; step <= 10_000; step++) means.add(step, step);
  assert(means.length > 1000 && means.length <= 2000);
  const { step, step_loss } = means.columns(0);
  assertEquals(step.slice(0, 2), [8, 16]);
  assertEquals(step_loss.slice(0, 2), [4.5, 12.5]);
  means.takeChange();
  means.add(10_001, 7);
  assertEquals(means.takeChange(), 1250);
});

Deno.test("StepMeans has no number for blocks without a step", () => {
  const means = new StepMeans();
  means.add(3, 1);
  assertEquals(means.columns(0).step_loss, [NaN, NaN, 1]);
});
