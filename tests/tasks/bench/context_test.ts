/**
 * Tests of the benchmark's tables.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { fastestTable, timesTable } from "../../../tasks/bench/context.ts";

const times = { ours: [2, 4, 6], eager: [8, 8, 80], compile: [5, 7, 1000] };

Deno.test("timesTable() has a row for each program, with our median over its own", () => {
  assertEquals(timesTable("step", { plain: times }, { unit: "s", scale: 0.5 }).split("\n"), [
    "| step | program | median s | min | max | ours / it |",
    "| --- | --- | --- | --- | --- | --- |",
    "| plain | ours | 2.000 | 1.000 | 3.000 | 1.00 |",
    "| plain | eager | 4.000 | 4.000 | 40.00 | 0.50 |",
    "| plain | compile | 3.500 | 2.500 | 500.0 | 0.57 |",
  ]);
});

Deno.test("fastestTable() holds ours against the least median and the least time of the others", () => {
  assertEquals(
    fastestTable("step", { plain: times })?.split("\n").at(-1),
    [
      ...["| plain", "4.000", "7.000", "compile", "0.57", "0.40 |"],
    ].join(" | "),
  );
  assertEquals(fastestTable("step", { plain: { ours: [1] } }), undefined);
});
