/**
 * The lines that a user reads about a run: one after each epoch, and some at the end.
 *
 * @module
 */
import { join } from "@std/path";
import { clock } from "../cli/progress.ts";
import { shellWord } from "../cli/shell.ts";
import { type LoggedOptions, teacherIn } from "../cli/resumed_options.ts";
import type { EpochStats } from "./run_log.ts";

/** The metrics of an epoch, with the terms of its loss if there are several. */
export function epochLine(stats: EpochStats): string {
  const { train_loss, train_acc, test_loss, test_acc, train_time, terms = {} } = stats;
  const parts = Object.entries(terms as Record<string, number>)
    .map(([name, value]) => `${name} ${value.toPrecision(3)}`);
  return `${epochName(stats)}: ` +
    `train loss ${train_loss.toFixed(3)}${parts.length > 1 ? ` (${parts.join(", ")})` : ""}, ` +
    `accuracy ${train_acc.toFixed(1)}%; ` +
    `test loss ${test_loss.toFixed(3)}, accuracy ${test_acc.toFixed(2)}%; ` +
    `${train_time.toFixed(0)} s`;
}

/**
 * What to know at the end of a run: skipped steps, accuracy, time, where its pictures are, and the
 * next useful command.
 */
export function endLines(
  stats: readonly EpochStats[],
  folder: string,
  logged: LoggedOptions,
): string[] {
  const whole = stats.filter(({ epoch }, i) => Number.isInteger(epoch) || i === stats.length - 1);
  const skipped = whole.reduce(
    (sum, { skipped_steps: count }) => sum + (typeof count === "number" ? count : 0),
    0,
  );
  const seconds = whole.reduce((sum, { train_time, test_time }) => sum + train_time + test_time, 0);
  const note = `${skipped} steps were skipped: their loss or a gradient was not finite`;
  return [
    ...(skipped > 0 ? [note] : []),
    accuracyLine(stats),
    `${clock(seconds)} of training and evaluation; curves: ${join(folder, "curves.svg")}`,
    ...(typeof logged.model === "string"
      ? []
      : [`see where it looks: ${drawingCommand(folder, logged)}`]),
  ];
}

/** The attention-transfer paper reports the last epoch, some other papers the best one. */
function accuracyLine(stats: readonly EpochStats[]): string {
  const last = stats.at(-1)!;
  const best = stats.reduce((a, b) => b.test_acc > a.test_acc ? b : a);
  const tell = (stats: EpochStats) => `${stats.test_acc.toFixed(2)}% (${epochName(stats)})`;
  return `test accuracy: last ${tell(last)}, best ${tell(best)}`;
}

function epochName({ epoch }: EpochStats): string {
  return `epoch ${Number(epoch.toFixed(2))}`;
}

/** Draws the student beside its teacher, unless that is a network of the user's own. */
function drawingCommand(folder: string, logged: LoggedOptions): string {
  const { dataset, dataroot, imagenetpath } = logged;
  const teacher = typeof logged.teacher_model === "string" ? undefined : teacherIn(logged);
  const networks = [teacher, folder]
    .filter((name) => name !== undefined)
    .map((name) => name.replaceAll(",", "\\,"));
  const images = typeof imagenetpath === "string"
    ? ["--files", join(imagenetpath, "val"), "--images", "0,1,2,3,4,5,6,7"]
    : ["--dataset", String(dataset), ...(dataroot === "data" ? [] : ["--dataroot", `${dataroot}`])];
  const words = ["--networks", networks.join(","), ...images].map((word) => shellWord(word));
  return `deno task visualize ${words.join(" ")}`;
}
