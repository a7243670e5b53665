/** Tests of groups of runs and their differences. @module */
import { assertAlmostEquals, assertEquals } from "@std/assert";
import type { Json } from "../../../lib/json.ts";
import { pairedInterval } from "../../../tasks/reproduce/statistics.ts";
import {
  difference,
  differingOptions,
  groupsOf,
  summaryOf,
  usualBaseline,
} from "../../../tasks/report/groups.ts";

function run(name: string, options: Record<string, Json>, ...accuracies: number[]) {
  const points = accuracies.map((test_acc, i) => ({ epoch: i + 1, test_acc }));
  const all = { epochs: accuracies.length, lr: 0.1, ...options };
  return summaryOf(name, { folder: `/${name}`, options: all, dataDigest: undefined, points });
}

Deno.test("groupsOf() puts runs together that differ in seed, start and files only", () => {
  const groups = groupsOf([
    run("at-0", { seed: 0, save: "a", beta: 1, log_steps: true }, 1),
    run("alone-0", { seed: 0, save: "b", beta: 0 }, 1),
    run("at-1", { seed: 1, save: "c", beta: 1, threads: 2, warmup: 0, sge: null }, 1),
    run("at-half", { seed: 2, beta: 0.5 }, 1),
  ]);
  assertEquals(groups.map(({ runs }) => runs.map(({ name }) => name)), [
    ["at-0", "at-1"],
    ["alone-0"],
    ["at-half"],
  ]);
  assertEquals(groups.map(({ name }) => name), ["at", "alone", "at-half"]);
});

Deno.test("groupsOf() keeps other networks of one's own, and images of another size, apart", () => {
  const groups = groupsOf([
    run("a", { seed: 0, model: "a.ts" }, 1),
    run("b", { seed: 1, model: "b.ts" }, 1),
    run("taught", { seed: 0, model: "a.ts", teacher_model: "b.ts" }, 1),
    run("large", { seed: 0, model: "a.ts", resize: 320 }, 1),
  ]);
  assertEquals(groups.map(({ runs }) => runs.map(({ name }) => name)), [
    ...[["a"], ["b"], ["taught"], ["large"]],
  ]);
});

Deno.test("groupsOf() counts one finished run of each seed", () => {
  const [group] = groupsOf([
    run("a", { seed: 0, epochs: 2 }, 10, 30),
    run("b", { seed: 0, epochs: 2 }, 10, 40),
    run("c", { seed: 1, epochs: 2 }, 10),
    run("d", { seed: 2, epochs: 2 }, 50, 20),
    run("e", { seed: 3, epochs: 2 }),
  ]);
  assertEquals(group!.runs.length, 5);
  assertEquals(group!.counted.map(({ name }) => name), ["a", "d"]);
  const [, d] = group!.counted;
  assertEquals([d!.last.test_acc, d!.best.test_acc, d!.best.epoch], [20, 50, 1]);
});

Deno.test("groupsOf() keeps runs apart whose logs say no options", () => {
  const runs = ["a", "b"].map((name) =>
    summaryOf(name, { folder: name, options: {}, dataDigest: undefined, points: [] })
  );
  assertEquals(groupsOf(runs).length, 2);
});

Deno.test("usualBaseline() is the only group without a teacher, or the first", () => {
  const at = run("at", { teacher_id: "t" }, 1);
  const alone = run("alone", { teacher_id: null }, 1);
  const other = run("other", { lr: 1 }, 1);
  assertEquals(usualBaseline(groupsOf([at, alone]))?.name, "alone");
  assertEquals(usualBaseline(groupsOf([at, alone, other]))?.name, "at");
  assertEquals(usualBaseline([]), undefined);
});

Deno.test("difference() pairs finished runs of the same seed", () => {
  const [at, alone] = groupsOf([
    ...[53, 54, 58, 90].map((accuracy, seed) => run(`at-${seed}`, { seed, beta: 1 }, accuracy)),
    ...[50, 52, 53].map((accuracy, seed) => run(`alone-${seed}`, { seed }, accuracy)),
    run("alone-3", { seed: 3, epochs: 2 }, 1),
  ]);
  const unfinished = difference(at!, alone!);
  assertEquals(unfinished, pairedInterval([3, 2, 5]));
  // 3.3333 ± 4.3027 * 1.5275 / sqrt(3), with the t quantile for two degrees of freedom.
  assertAlmostEquals(unfinished!.ends![0], -0.4612, 1e-3);
  assertAlmostEquals(unfinished!.ends![1], 7.1279, 1e-3);
  const [other] = groupsOf([run("x", { seed: 9, lr: 2 }, 1)]);
  assertEquals(difference(other!, alone!), undefined);
});

Deno.test("differingOptions() says values by group, also of options that are not known here", () => {
  const groups = groupsOf([
    run("a", { at_map: "sum", beta: 1, newer: [1] }, 1),
    run("b", { at_map: "sum1", beta: 2 }, 1),
  ]);
  assertEquals(differingOptions(groups), [
    { name: "beta", values: [1, 2] },
    { name: "newer", values: [[1], undefined] },
  ]);
});
