/**
 * A profile as tables: time by op, and by group of the network.
 *
 * @module
 */
import { type NodeCost, noNodes } from "./costs.ts";
import type { Part } from "./labels.ts";

const parts: readonly Part[] = ["forward", "backward", "update"];

/** Ops that take less of a step than this are shown as one. */
const leastShare = 0.005;

/** Time by op and part of the step, the most first. */
export function opTable(costs: readonly NodeCost[]): string {
  const all = total(costs);
  const isLarge = ([, ofOp]: Named) => total(ofOp) >= leastShare * all;
  const nodes = costs.filter(({ label }) => label);
  const ops = groupBy(nodes, ({ op, label }) => `${op}\t${label!.part}`);
  const others = ops.filter((op) => !isLarge(op)).flatMap(([, ofOp]) => ofOp);
  const rows = [
    ...ops.filter(isLarge).sort(([, a], [, b]) => total(b) - total(a)),
    ...(others.length > 0 ? [["others", others] as Named] : []),
  ].map(([name, ofOp]) => {
    const [op, part = ""] = name.split("\t");
    return [op!, part, String(ofOp.length), ...timeCells(ofOp, all)];
  });
  const noOps = costs.filter(({ label }) => !label)
    .map((cost) => [cost.op, "", "", ...timeCells([cost], all)]);
  return table(["op", "part", "count", "ms", "%"], [...rows, ...noOps], 2);
}

/** Time by group of the network and part of the step, the groups as they follow each other. */
export function groupTable(costs: readonly NodeCost[]): string {
  const all = total(costs);
  const rows = groupBy(costs, ({ op, label }) => label?.group ?? op)
    .filter(([, ofGroup]) => milliseconds(ofGroup) !== "0.0")
    .sort(([a], [b]) => lastGroups.indexOf(a) - lastGroups.indexOf(b))
    .map(([name, ofGroup]) => {
      const cells = parts.map((part) => {
        const ofPart = ofGroup.filter(({ label }) => label?.part === part);
        return ofPart.length > 0 ? milliseconds(ofPart) : "";
      });
      return [name, ...cells, ...timeCells(ofGroup, all)];
    });
  return table(["group", ...parts, "ms", "%"], rows, 1);
}

/** What follows the layers, which stand in the order of the nodes. */
const lastGroups = ["loss", "teacher", ...noNodes];

type Named = [name: string, costs: NodeCost[]];

function groupBy(costs: readonly NodeCost[], nameOf: (cost: NodeCost) => string): Named[] {
  return [...Map.groupBy(costs, nameOf)];
}

function total(costs: readonly NodeCost[]): number {
  return costs.reduce((sum, { time }) => sum + time, 0);
}

function milliseconds(costs: readonly NodeCost[]): string {
  return total(costs).toFixed(1);
}

function timeCells(costs: readonly NodeCost[], all: number): string[] {
  return [milliseconds(costs), (100 * total(costs) / all).toFixed(1)];
}

/** Columns side by side: the first ones are of words, the others of numbers. */
export function table(head: string[], rows: string[][], words: number): string {
  const widths = head.map((title, i) =>
    Math.max(...[title, ...rows.map((row) => row[i]!)].map(({ length }) => length))
  );
  const line = (row: string[]) =>
    row.map((cell, i) => i < words ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)).join(
      "  ",
    );
  return [head, ...rows].map((row) => line(row).trimEnd()).join("\n");
}
