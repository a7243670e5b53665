/**
 * What all parts of the benchmark have in common: its halves, its rounds, and how it prints. A half is a
 * program that is timed, in a process of its own: ours or PyTorch's.
 *
 * @module
 */
import { fastestOther, ours, type Times } from "./in_turns.ts";
import { median } from "../../lib/median.ts";
import type { OursPool } from "./ours.ts";
import type { PyTorch } from "./pytorch.ts";
import type { BenchOptions } from "./options.ts";

/** A benchmark that is running. */
export interface Bench {
  options: BenchOptions;
  ours: OursPool;
  /** Undefined where there is none. */
  pytorch: PyTorch | undefined;
  /** Rounds that are counted. */
  rounds: number;
  /** Steps of a program in a round. */
  steps: number;
}

/** How PyTorch's programs are called. */
export function pytorchName(variant: string): string {
  return `PyTorch ${variant}`;
}

/** A table in Markdown. */
export function markdown(
  head: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

/** Median, least and greatest time of each program, and our median over the others'. */
export function timesTable(
  what: string,
  results: Readonly<Record<string, Times>>,
  { unit = "ms", scale = 1 }: { unit?: string; scale?: number } = {},
): string {
  const rows = Object.entries(results).flatMap(([name, programs]) =>
    Object.entries(programs).map(([program, times]) => {
      const figures = [median(times), Math.min(...times), Math.max(...times)];
      const ratio = median(programs[ours]) / median(times);
      return [name, program, ...figures.map((ms) => significant(ms * scale)), ratio.toFixed(2)];
    })
  );
  return markdown([what, "program", `median ${unit}`, "min", "max", "ours / it"], rows);
}

/** Prints both tables of what was timed, the second where there is something to compare with. */
export function printTimes(
  what: string,
  results: Readonly<Record<string, Times>>,
  unit?: { unit: string; scale: number },
): void {
  if (Object.keys(results).length > 0) console.log(`\n${timesTable(what, results, unit)}`);
  const fastest = fastestTable(what, results);
  if (fastest !== undefined) console.log(`\n${fastest}`);
}

/** The unit of what takes long. */
export const seconds = { unit: "s", scale: 1e-3 };

/**
 * One row a step: our median beside that of PyTorch's fastest, and our least time over that of all
 * others, which is disturbed less by what else runs; undefined where we are alone.
 */
export function fastestTable(
  what: string,
  results: Readonly<Record<string, Times>>,
): string | undefined {
  const rows = Object.entries(results).flatMap(([name, times]) => {
    const fastest = fastestOther(times);
    if (fastest === undefined) return [];
    const { [ours]: own = [], ...others } = times;
    const medians = [median(own), median(others[fastest])] as const;
    const least = Math.min(...Object.values(others).flat());
    const ratios = [medians[0] / medians[1], Math.min(...own) / least];
    return [[
      name,
      ...medians.map(significant),
      fastest,
      ...ratios.map((ratio) => ratio.toFixed(2)),
    ]];
  });
  if (rows.length === 0) return undefined;
  const head = [what, "ours, ms", "fastest other, ms", "which", "ours / it", "by least times"];
  return markdown(head, rows);
}

function significant(value: number): string {
  return value >= 1000 ? value.toFixed(0) : value.toPrecision(4);
}
