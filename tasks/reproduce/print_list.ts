/**
 * Implements `deno task reproduce --list`.
 *
 * @module
 */
import { durationText, epochsOf, estimateTimes } from "./costs.ts";
import type { RunState } from "./results.ts";
import { argumentsOf, commandOf, type Run } from "./table.ts";
import { missingRuns, neededState, type Work } from "./work.ts";

/** Two lines per run: its state and time, and its command. */
export function listLines(work: Work): string[] {
  const { table, runs, folderOf } = work;
  const estimate = estimateTimes(work);
  const missing = missingRuns(work);
  const count = (kind: RunState["kind"]) =>
    runs.filter((run) => neededState(work, run).kind === kind).length;
  const unusable = count("unusable");
  const total = missing.map(estimate).reduce<number | undefined>(
    (sum, time) => sum === undefined || time === undefined ? undefined : sum + time,
    0,
  );
  const left = total === undefined ? "time not known yet" : `about ${durationText(total)}`;
  return [
    `${table.name}: ${table.about}`,
    [
      `${count("done")} of ${runs.length} runs are done`,
      ...(unusable > 0 ? [`${unusable} cannot be used`] : []),
      ...(missing.length > 0 ? [`the others take ${left}`] : []),
    ].join("; "),
    ...runs.flatMap((run) => [
      `${run.name}: ${stateText(run, neededState(work, run), estimate(run))}`,
      `    ${commandOf(run, argumentsOf(run, folderOf))}`,
    ]),
  ];
}

function stateText(run: Run, state: RunState, seconds: number | undefined): string {
  const time = seconds === undefined ? "time not known yet" : `about ${durationText(seconds)}`;
  switch (state.kind) {
    case "done":
      return `${state.result.last.test_acc.toFixed(2)}% in ${durationText(state.result.seconds)}`;
    case "begun":
      return `${state.epochs} of ${epochsOf(run)} epochs, ${time} left`;
    case "unusable":
      return `cannot be used: ${state.why}`;
    case "missing":
      return `to train, ${time}`;
  }
}
