/**
 * Tests of a profile's tables.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import type { NodeCost } from "../../../tasks/profile/costs.ts";
import type { Part } from "../../../tasks/profile/labels.ts";
import { groupTable, opTable } from "../../../tasks/profile/tables.ts";

function cost(op: string, time: number, part: Part, group: string): NodeCost {
  return { op, time, label: { part, group } };
}

const costs: NodeCost[] = [
  { op: "added by TensorFlow", time: 0.01, label: undefined },
  { op: "between ops", time: 9.99, label: undefined },
  cost("Conv2D", 50, "teacher", "teacher"),
  cost("Conv2D", 20, "forward", "group0"),
  cost("Conv2D", 10, "forward", "group1"),
  cost("Softmax", 0.3, "forward", "loss"),
  cost("Mul", 0.2, "backward", "loss"),
  cost("Conv2DBackpropFilter", 9.48, "backward", "group1"),
  cost("Sub", 0.02, "update", "group0"),
  cost("Cast", 0, "forward", "images"),
];

Deno.test("opTable() adds up ops of a part of the step, small ones as one", () => {
  assertEquals(
    opTable(costs),
    `
op                    part      count    ms     %
Conv2D                teacher       1  50.0  50.0
Conv2D                forward       2  30.0  30.0
Conv2DBackpropFilter  backward      1   9.5   9.5
others                              4   0.5   0.5
added by TensorFlow                     0.0   0.0
between ops                            10.0  10.0`.trim(),
  );
});

Deno.test("groupTable() has a row for each group that takes time, layers first", () => {
  assertEquals(
    groupTable(costs),
    `
group        forward  backward  update    ms     %
group0          20.0               0.0  20.0  20.0
group1          10.0       9.5          19.5  19.5
loss             0.3       0.2           0.5   0.5
teacher                                 50.0  50.0
between ops                             10.0  10.0`.trim(),
  );
});
