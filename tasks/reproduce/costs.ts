/**
 * Estimates how long runs take, from those trained so far.
 *
 * @module
 */
import { mean } from "./statistics.ts";
import { type Run, runsOf } from "./table.ts";
import { neededState, type Work } from "./work.ts";

/** Estimates seconds; undefined if nothing was trained yet. */
export type Estimate = (run: Run) => number | undefined;

/**
 * Estimates the seconds that runs still need: from the mean epoch time of their row or, if none of
 * its runs was trained, from the other rows, scaled by the networks' multiplications.
 */
export function estimateTimes(work: Work): Estimate {
  const measured = new Map<string, number[]>();
  const paces: number[] = [];
  for (const run of runsOf(work.table)) {
    const seconds = secondsPerEpoch(work, run);
    if (seconds === undefined) continue;
    measured.set(run.row.name, [...measured.get(run.row.name) ?? [], seconds]);
    paces.push(seconds / workOfStep(work, run));
  }
  return (run) => {
    const state = neededState(work, run);
    if (state.kind === "done") return 0;
    const epochs = epochsOf(run) - (state.kind === "begun" ? state.epochs : 0);
    const known = measured.get(run.row.name);
    if (known) return epochs * mean(known);
    return paces.length === 0 ? undefined : epochs * mean(paces) * workOfStep(work, run);
  };
}

/** The epochs of a complete run. */
export function epochsOf({ row }: Run): number {
  return row.options.epochs as number;
}

function secondsPerEpoch({ states }: Pick<Work, "states">, run: Run): number | undefined {
  const state = states.get(run.name)!;
  if (state.kind === "done") return state.result.seconds / state.result.epochs;
  return state.kind === "begun" ? state.secondsPerEpoch : undefined;
}

/** Relative cost of a training step: a forward pass, and a backward pass of twice the cost. */
function workOfStep({ table }: Pick<Work, "table">, { row }: Run): number {
  const teacher = table.rows.find(({ name }) => name === row.teacher)?.options ??
    optionsInName(row.pretrained ?? "");
  const { gradient_beta, gradient_symmetry_beta } = row.options;
  // A gradient method runs both networks forward and backward, and then differentiates all of that.
  const passes = gradient_beta || gradient_symmetry_beta ? 3 : 1;
  const teacherPasses = gradient_beta ? 3 : 1;
  return 3 * passes * forward(row.options) +
    teacherPasses * forward(teacher);
}

/** Depth and width of a pretrained WideResNet, from its name: `wrn_16_2`. */
function optionsInName(name: string): Run["row"]["options"] {
  const [, depth, width] = name.match(/^wrn_(\d+)_(\d+)$/) ?? [];
  return { depth: Number(depth ?? 0), width: Number(width ?? 0) };
}

/** The cost of one image: depth times width squared. */
function forward({ depth = 16, width = 1 }: Run["row"]["options"]): number {
  return (depth as number) * (width as number) ** 2;
}

/** `40 s`, `12 min`, `3.4 h`. */
export function durationText(seconds: number): string {
  if (seconds < 90) return `${Math.ceil(seconds)} s`;
  return seconds < 5400 ? `${Math.ceil(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`;
}
