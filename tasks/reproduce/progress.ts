/**
 * Shows one line of progress while a table is trained.
 *
 * @module
 */
import { runsProgress } from "../cli/progress.ts";
import { durationText, epochsOf, estimateTimes } from "./costs.ts";
import type { Run } from "./table.ts";
import { neededState, type Work } from "./work.ts";

/** Progress that is being shown. */
export interface TableProgress extends Disposable {
  /** Reads the progress from a line that a run printed. */
  hear(run: Run, line: string): void;
  /** Call when a run ends. */
  end(run: Run): void;
  /** Prints a separate line. */
  say(line: string): void;
}

/** Shows how many runs are done, the epochs of the running ones, and the time left. */
export function tableProgress(
  work: Work,
  missing: readonly Run[],
  jobs: number,
): TableProgress {
  const { table, runs } = work;
  /** The current epoch of each active run, from 1. */
  const epochs = new Map<Run, number>();
  let display = runsProgress({ label: table.name });
  const show = () => {
    const done = runs.filter((run) => neededState(work, run).kind === "done").length;
    display.update({
      count: `${done}/${runs.length} runs`,
      details: [
        ...[...epochs].map(([run, epoch]) => `${run.name} epoch ${epoch}/${epochsOf(run)}`),
        timeLeft(),
      ],
    });
  };
  const timeLeft = () => {
    const estimate = estimateTimes(work);
    const times = missing.map(estimate);
    if (times.includes(undefined)) return "time left not known yet";
    const total = times.reduce<number>((sum, time) => sum + (time as number), 0);
    return `about ${durationText(total / jobs)} left`;
  };
  return {
    hear(run, line) {
      const [, epoch] = line.match(/^epoch (\d+)\/\d+: /) ?? [];
      if (epoch === undefined) return;
      const isNext = Number(epoch) > (epochs.get(run) ?? 0);
      epochs.set(run, Number(epoch));
      // The log has one more epoch, which gives the time per epoch.
      if (isNext) work.look(run).then(show, () => {});
      else show();
    },
    end(run) {
      epochs.delete(run);
    },
    say(line) {
      display.stop();
      console.error(line);
      display = runsProgress({ label: table.name });
    },
    [Symbol.dispose]: () => display.stop(),
  };
}
