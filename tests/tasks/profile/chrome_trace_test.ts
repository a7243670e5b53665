/**
 * Tests of the trace file: what Perfetto and Chrome need in it.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import type { Profile } from "../../../lib/jit/profile.ts";
import { chromeTrace } from "../../../tasks/profile/chrome_trace.ts";

const profile: Profile = {
  nodes: [
    {
      name: "Placeholder_0",
      op: "Placeholder",
      inputs: [],
      inputTypes: [],
      outputTypes: ["float32[2]"],
      source: { argument: 'arguments[0].params["group0.w"]' },
      results: [],
    },
    {
      name: "Neg_1",
      op: "Neg",
      inputs: [0],
      inputTypes: ["float32[2]"],
      outputTypes: ["float32[2]"],
      results: ["result.loss"],
    },
  ],
  runs: [2, 3].map((duration) => ({
    duration,
    events: [
      { node: undefined, name: "_SOURCE", start: 0, duration: 0.25, lane: 0 },
      { node: 1, name: "Neg_1", start: 0.5, duration: duration * 1000 - 0.5, lane: 1 },
    ],
  })),
};

Deno.test("chromeTrace() names the process and its rows", () => {
  const { traceEvents, displayTimeUnit, otherData } = chromeTrace(profile, { engine: "mine" });
  assertEquals([displayTimeUnit, otherData], ["ms", { engine: "mine" }]);
  const named = traceEvents.filter(({ ph }) => ph === "M")
    .map(({ name, pid, tid, args }) => [name, pid, tid, ...Object.values(args)]);
  assertEquals(named, [
    ["process_name", 1, 0, "training step"],
    ["thread_name", 1, 0, "steps"],
    ["thread_sort_index", 1, 0, 0],
    ["thread_name", 1, 1, "ops 1"],
    ["thread_sort_index", 1, 1, 1],
    ["thread_name", 1, 2, "ops 2"],
    ["thread_sort_index", 1, 2, 2],
  ]);
});

Deno.test("chromeTrace() has the steps one after the other, each op within its step", () => {
  const { traceEvents } = chromeTrace(profile, {});
  const at = { pid: 1, ph: "X" };
  const args = {
    node: "Neg_1",
    part: "forward",
    group: "group0",
    key: "group0.w",
    inputs: ["float32[2]"],
    outputs: ["float32[2]"],
  };
  const source = { name: "_SOURCE", cat: "TensorFlow's own", dur: 0.25, tid: 1, args: {} };
  const neg = { name: "Neg", cat: "forward", tid: 2, args };
  assertEquals(traceEvents.filter(({ ph }) => ph === "X") as unknown, [
    { name: "step 1", cat: "step", ts: 0, dur: 2000, tid: 0, args: {}, ...at },
    { ...source, ts: 0, ...at },
    { ...neg, ts: 0.5, dur: 1999.5, ...at },
    { name: "step 2", cat: "step", ts: 3000, dur: 3000, tid: 0, args: {}, ...at },
    { ...source, ts: 3000, ...at },
    { ...neg, ts: 3000.5, dur: 2999.5, ...at },
  ]);
});

Deno.test("chromeTrace() of a profile without events is empty", () => {
  const { traceEvents } = chromeTrace({ nodes: [], runs: [] }, {});
  assertEquals(traceEvents.filter(({ ph }) => ph === "X"), []);
});
