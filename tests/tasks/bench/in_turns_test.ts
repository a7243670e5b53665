/**
 * Tests of timing programs in turns.
 *
 * @module
 */
import { assertEquals, assertRejects } from "@std/assert";
import {
  fastestOther,
  type Program,
  timeInTurns,
  timeRounds,
} from "../../../tasks/bench/in_turns.ts";
import { median } from "../../../lib/median.ts";
import { UserError } from "../../../lib/errors.ts";

/** A program whose times are the number of its runs; `runs` records the order. */
function counted(name: string, runs: string[]): Program {
  let count = 0;
  return (steps) => {
    runs.push(name);
    return Promise.resolve(Array.from({ length: steps }, () => count++));
  };
}

function failing(error: Error): Program {
  return () => Promise.reject(error);
}

Deno.test("timeInTurns() takes turns, and counts no first round", async () => {
  const runs: string[] = [];
  const programs = { ours: counted("ours", runs), other: counted("other", runs) };
  assertEquals(await timeInTurns(programs, 2, 2), { ours: [2, 3, 4, 5], other: [2, 3, 4, 5] });
  assertEquals(runs, ["ours", "other", "ours", "other", "ours", "other"]);
});

Deno.test("timeRounds() goes over all sets in a round", async () => {
  const runs: string[] = [];
  const set = (name: string) => ({
    ours: counted(`${name}, ours`, runs),
    other: counted(`${name}, other`, runs),
  });
  const times = await timeRounds({ small: set("small"), large: set("large") }, 2, 1);
  const both = { ours: [0, 1], other: [0, 1] };
  assertEquals(times, { small: both, large: both });
  const round = ["small, ours", "small, other", "large, ours", "large, other"];
  assertEquals(runs, [...round, ...round]);
});

Deno.test("timeInTurns() goes on without another program that cannot run", async () => {
  const programs = { ours: counted("ours", []), other: failing(new UserError("no compiler")) };
  assertEquals(Object.keys(await timeInTurns(programs, 1, 1)), ["ours"]);
});

Deno.test("timeInTurns() fails where our program does, and on faults of others", async () => {
  await assertRejects(() => timeInTurns({ ours: failing(new UserError("no")) }, 1, 1), UserError);
  await assertRejects(() => timeInTurns({ other: failing(new TypeError("no")) }, 1, 1), TypeError);
});

Deno.test("median() is the middle value, or between the middle two", () => {
  assertEquals([median([3, 1, 10]), median([4, 1, 2, 10]), median([])], [3, 3, NaN]);
});

Deno.test("fastestOther() has the least median of all but ours", () => {
  assertEquals(fastestOther({ ours: [1], eager: [5, 6, 7], compile: [2, 3, 90] }), "compile");
  assertEquals(fastestOther({ ours: [1] }), undefined);
});

Deno.test("median() and fastestOther() give a program without a sound time no place", () => {
  assertEquals(median([1, NaN, 3]), NaN);
  assertEquals(median([NaN, 1, 2, 3, 4]), NaN);
  const times = { ours: [1], none: [], broken: [NaN, 1, 1], eager: [5, 6, 7], zero: [0] };
  assertEquals(fastestOther(times), "eager");
  assertEquals(fastestOther({ ours: [1], broken: [NaN], none: [] }), undefined);
});
