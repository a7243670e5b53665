/**
 * The lines that a user reads about a run: one after each epoch, and some at the end.
 *
 * @module
 */
import { join } from "@std/path";
import { existsSync } from "../../lib/files.ts";
import { clock } from "../cli/progress.ts";
import { shellWord } from "../cli/shell.ts";
import { type LoggedOptions, teacherIn } from "../cli/resumed_options.ts";
import { bestName, type EpochStats } from "./run_log.ts";

/** The metrics of an epoch, with the terms of its loss if there are several. */
export function epochLine(stats: EpochStats): string {
  const { train_loss, train_acc, test_loss, test_acc, train_time, terms = {} } = stats;
  const averaged = hasAverage(stats) ? ` (averaged ${stats.ema_test_acc?.toFixed(2)}%)` : "";
  const parts = Object.entries(terms as Record<string, number>)
    .map(([name, value]) => `${name} ${value.toPrecision(3)}`);
  return `${epochName(stats)}: ` +
    `train loss ${train_loss.toFixed(3)}${parts.length > 1 ? ` (${parts.join(", ")})` : ""}, ` +
    `accuracy ${train_acc.toFixed(1)}%; ` +
    `test loss ${test_loss.toFixed(3)}, accuracy ${test_acc.toFixed(2)}%${averaged}; ` +
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
    accuracyLine("test accuracy", stats, "test_acc"),
    ...(stats.slice(-1).some(hasAverage)
      ? [accuracyLine("averaged weights", stats.filter(hasAverage), "ema_test_acc")]
      : []),
    ...(existsSync(join(folder, bestName))
      ? [`the best epoch's weights: ${join(folder, bestName)}`]
      : []),
    `${clock(seconds)} of training and evaluation; curves: ${join(folder, "curves.svg")}`,
    ...(typeof logged.model === "string"
      ? []
      : [`see where it looks: ${drawingCommand(folder, logged)}`]),
  ];
}

/** The attention-transfer paper reports the last epoch, some other papers the best one. */
function accuracyLine(
  what: string,
  stats: readonly EpochStats[],
  key: "test_acc" | "ema_test_acc",
): string {
  const accuracy = (stats: EpochStats) => stats[key] as number;
  const last = stats.at(-1)!;
  const whole = stats.filter(({ epoch }) => Number.isInteger(epoch));
  const best = (whole.length > 0 ? whole : stats).reduce((a, b) =>
    accuracy(b) > accuracy(a) ? b : a
  );
  const tell = (stats: EpochStats) => `${accuracy(stats).toFixed(2)}% (${epochName(stats)})`;
  return `${what}: last ${tell(last)}, best ${tell(best)}`;
}

function hasAverage({ ema_test_acc }: EpochStats): boolean {
  return typeof ema_test_acc === "number";
}

function epochName({ epoch }: EpochStats): string {
  return `epoch ${Number(epoch.toFixed(2))}`;
}

/** Draws the student beside its teacher, unless that is a network of the user's own. */
function drawingCommand(folder: string, logged: LoggedOptions): string {
  const { dataset, dataroot, imagenetpath } = logged;
  const teacher = typeof logged.teacher_model === "string" ? undefined : teacherIn(logged);
  const inList = (name: string) => name.replaceAll(",", "\\,");
  const networks = [teacher, folder].filter((name) => name !== undefined).map(inList);
  const images = typeof imagenetpath === "string"
    ? ["--files", inList(join(imagenetpath, "val")), "--images", "0,1,2,3,4,5,6,7"]
    : ["--dataset", String(dataset), ...(dataroot === "data" ? [] : ["--dataroot", `${dataroot}`])];
  const words = ["--networks", networks.join(","), ...images].map((word) => shellWord(word));
  return `deno task visualize ${words.join(" ")}`;
}
