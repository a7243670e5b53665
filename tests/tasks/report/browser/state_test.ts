/** Tests of what the page knows of runs. @module */
import { assertEquals } from "@std/assert";
import { hidden, merged, runs, shownRuns, take } from "../../../../tasks/report/browser/state.js";

Deno.test("merged() replaces the rows from a row on, and fills columns that are not in all of them", () => {
  const before = { epoch: [1, 2, 3], test_acc: [10, 20, 30], old: [7, 8, 9] };
  const part = { from: 2, columns: { epoch: [3, 4], test_acc: [31, 40], new: [5, null] } };
  assertEquals(merged(before, part), {
    epoch: [1, 2, 3, 4],
    test_acc: [10, 20, 31, 40],
    old: [7, 8, null, null],
    new: [null, null, 5, null],
  });
  assertEquals(merged(before, undefined), before);
  assertEquals(merged(undefined, { from: 0, columns: { epoch: [1] } }), { epoch: [1] });
});

Deno.test("take() keeps the numbers of known runs, forgets runs that are gone, and hides groups", () => {
  const columns = { epoch: [1], test_acc: [10] };
  const [a, b] = [{ id: 0, name: "a", group: 0 }, { id: 1, name: "b", group: 1 }];
  const both = [{ ...a, epochs: { from: 0, columns } }, { ...b, epochs: { from: 0, columns } }];
  take({ metrics: [], groups: ["a", "b"], runs: both });
  take({
    metrics: [],
    groups: ["b"],
    runs: [{ ...b, group: 0, epochs: { from: 1, columns: { epoch: [2], test_acc: [20] } } }],
  });
  const [left] = runs;
  assertEquals([runs.length, left!.name, left!.epochs.test_acc], [1, "b", [10, 20]]);
  hidden.add("b");
  assertEquals(shownRuns(), []);
  hidden.clear();
  assertEquals(shownRuns(), runs);
});
