/**
 * Tests of the costs of a profile's nodes.
 *
 * @module
 */
import { assertAlmostEquals, assertEquals } from "@std/assert";
import fc from "fast-check";
import type { Profile, ProfiledNode } from "../../../lib/jit/profile.ts";
import { nodeCosts, sharesOf } from "../../../tasks/profile/costs.ts";
import { median } from "../../../lib/median.ts";

function event(start: number, duration: number) {
  return { start, duration };
}

Deno.test("sharesOf() gives ops that run side by side equal parts of the time", () => {
  assertEquals(sharesOf([event(0, 4), event(6, 1)]), [4, 1]);
  assertEquals(sharesOf([event(0, 4), event(1, 2)]), [3, 1]);
  assertEquals(sharesOf([event(0, 6), event(0, 6), event(0, 6)]), [2, 2, 2]);
  assertEquals(sharesOf([event(0, 2), event(2, 2), event(3, 0)]), [2, 2, 0]);
  assertEquals(sharesOf([]), []);
});

Deno.test("sharesOf() adds up to the time in which anything ran", () => {
  const time = fc.integer({ min: 0, max: 30 });
  fc.assert(fc.property(fc.array(fc.record({ start: time, duration: time })), (events) => {
    const moments = Array.from({ length: 60 }, (_, i) => i + 0.5);
    const busy = moments.filter((moment) =>
      events.some(({ start, duration }) => start < moment && moment < start + duration)
    );
    const sum = sharesOf(events).reduce((a, b) => a + b, 0);
    assertAlmostEquals(sum, busy.length, 1e-9);
  }));
});

Deno.test("median() is the middle", () => {
  assertEquals([median([3]), median([5, 1, 2]), median([4, 1, 2, 9])], [3, 2, 3]);
});

function plainNode(op: string): ProfiledNode {
  return { name: `${op}_0`, op, inputs: [], inputTypes: [], outputTypes: [], results: ["result"] };
}

Deno.test("nodeCosts() gives medians over the runs, and what is no node", () => {
  const run = (first: number, second: number) => ({
    duration: 100,
    events: [
      { node: 1, name: "B_0", ...event(0, first * 1e3), lane: 0 },
      { node: undefined, name: "_SOURCE", ...event(first * 1e3, 1e3), lane: 0 },
      { node: 0, name: "A_0", ...event(50e3, second * 1e3), lane: 0 },
    ],
  });
  const profile: Profile = {
    nodes: [plainNode("A"), plainNode("B")],
    runs: [run(10, 20), run(11, 29), run(30, 21)],
  };
  const costs = nodeCosts(profile).map(({ op, time, label }) => [op, time, label?.part]);
  assertEquals(costs, [
    ["added by TensorFlow", 1, undefined],
    ["between ops", 59, undefined],
    ["A", 21, "forward"],
    ["B", 11, "forward"],
  ]);
});
