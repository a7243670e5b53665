/**
 * Shows the progress of long work on standard error: a bar on a terminal, otherwise plain lines.
 *
 * @module
 */
import process from "node:process";
// @ts-types="@types/cli-progress"
import cliProgress from "cli-progress";

/** Where progress is written: a Node stream such as `process.stderr`. */
export type ProgressStream = NodeJS.WritableStream & { readonly isTTY?: boolean };

/** The settings of every kind of progress. */
export interface ProgressSettings {
  /** Names the work, such as `epoch 3/200`. */
  readonly label: string;
  /** Where to write. Default: standard error. */
  readonly stream?: ProgressStream;
  /** Seconds between two plain lines. Default 10. */
  readonly lineInterval?: number;
}

/** A progress display, until `stop` or the end of its `using` block. */
export interface Progress<State> extends Disposable {
  /** Shows a new state. */
  update(state: State): void;
  /** Leaves the last state on the screen. Later calls have no effect. */
  stop(): void;
}

/** The progress of an epoch. */
export interface TrainingState {
  /** Steps done, from 1. */
  readonly step: number;
  /** Mean loss so far. */
  readonly loss: number;
  /** Percentage of the images so far that were classified correctly. */
  readonly accuracy: number;
  readonly imagesPerSecond: number;
  /** Seconds until the end of the run, if known. */
  readonly runSecondsLeft?: number | undefined;
}

/** Shows an epoch of `total` steps: loss, accuracy, images per second, time left in run and epoch. */
export function trainingProgress(
  settings: ProgressSettings & { readonly total: number },
): Progress<TrainingState> {
  return showProgress(settings, ({ step, loss, accuracy, imagesPerSecond, runSecondsLeft }) => ({
    done: step,
    count: `${step}/${settings.total}`,
    details: [
      `loss ${loss.toFixed(3)}`,
      `acc ${accuracy.toFixed(1)}%`,
      `${imagesPerSecond.toFixed(0)} images/s`,
    ],
    wholeLeft: runSecondsLeft,
  }));
}

/** Shows a download of `total` bytes, or of unknown size. */
export function bytesProgress(
  settings: ProgressSettings & { readonly total?: number },
): Progress<number> {
  const { total } = settings;
  const size = total === undefined ? "" : `/${megabytes(total)}`;
  return showProgress(settings, (done) => ({ done, count: `${megabytes(done)}${size} MB` }));
}

/** Shows how many of `total` images are done. */
export function imagesProgress(
  settings: ProgressSettings & { readonly total: number },
): Progress<number> {
  return showProgress(settings, (done) => ({ done, count: `${done}/${settings.total} images` }));
}

/** Shows the progress of a table of runs. */
export function runsProgress(
  settings: ProgressSettings,
): Progress<Pick<Shown, "count" | "details">> {
  return showProgress({ lineInterval: 60, ...settings }, (state) => ({ done: 0, ...state }));
}

interface Shown {
  readonly done: number;
  readonly count: string;
  readonly details?: readonly string[];
  /** Seconds left of the work of which this is a part. */
  readonly wholeLeft?: number | undefined;
}

function showProgress<State>(
  { label, total, stream = process.stderr, lineInterval = 10 }: ProgressSettings & {
    readonly total?: number;
  },
  show: (state: State) => Shown,
): Progress<State> {
  const timeLeft = total === undefined ? () => undefined : timeLeftMeter(total);
  outliveErrors(stream);
  const display = whileWritable(() =>
    isInteractive(stream)
      ? barDisplay(label, total, stream)
      : lineDisplay(label, stream, lineInterval)
  );
  const stop = () => display.stop();
  return {
    update(state) {
      const { done, count, details = [], wholeLeft } = show(state);
      display.update(done, count, [...details, ...leftWords(timeLeft(done), wholeLeft)]);
    },
    stop,
    [Symbol.dispose]: stop,
  };
}

/** A run may end within an epoch. */
function leftWords(part: number | undefined, whole: number | undefined): string[] {
  if (part === undefined || whole === undefined) return part === undefined ? [] : [left(part)];
  return Math.round(whole) <= Math.round(part)
    ? [left(whole)]
    : [left(part), `whole run ${clock(whole)}`];
}

function left(seconds: number): string {
  return `${clock(seconds)} left`;
}

interface Display {
  update(done: number, count: string, details: readonly string[]): void;
  stop(): void;
}

const outlived = new WeakSet<ProgressStream>();

/** A stream whose reader has gone emits an error later, which would end the process. */
function outliveErrors(stream: ProgressStream): void {
  if (outlived.has(stream)) return;
  outlived.add(stream);
  stream.on("error", () => {});
}

/** A display that is dropped if it cannot be written, so that the work continues. */
function whileWritable(open: () => Display): Display {
  let display: Display | undefined;
  const attempt = (act: () => void) => {
    try {
      act();
    } catch {
      display = undefined;
    }
  };
  attempt(() => display = open());
  return {
    update: (...state) => attempt(() => display?.update(...state)),
    stop: () => attempt(() => display?.stop()),
  };
}

function barDisplay(label: string, total: number | undefined, stream: ProgressStream): Display {
  const bar = new cliProgress.SingleBar({
    stream,
    // Otherwise cli-progress turns off the terminal's wrapping, and a killed process leaves it off.
    linewrap: true,
    format: (_options, { progress, maxWidth }, { count, details }) => {
      const words = [count, ...details].join("  ");
      if (total === undefined) return `${label}  ${words}`;
      return `${label} ${barText(progress, maxWidth < 100 ? 8 : 28)} ${words}`;
    },
  });
  bar.start(total ?? 0, 0, { count: "", details: [] });
  return {
    update: (done, count, details) => bar.update(done, { count, details }),
    stop: () => bar.stop(),
  };
}

function barText(progress: number, size: number): string {
  const full = Math.round(progress * size);
  return "█".repeat(full) + "░".repeat(size - full);
}

function lineDisplay(label: string, stream: ProgressStream, interval: number): Display {
  let lastTime = performance.now();
  let waiting: string | undefined;
  const write = () => {
    if (waiting !== undefined) stream.write(waiting);
    waiting = undefined;
  };
  return {
    update(_done, count, details) {
      waiting = `${[`${label}: ${count}`, ...details].join(", ")}\n`;
      const now = performance.now();
      if (now - lastTime < interval * 1000) return;
      lastTime = now;
      write();
    },
    stop: write,
  };
}

/** Seconds left after so much is done; undefined until the pace is known. */
export type TimeLeft = (done: number) => number | undefined;

/** Time left, at the pace since the first call: earlier work, such as compiling, is over. */
export function timeLeftMeter(total: number): TimeLeft {
  let first: { readonly time: number; readonly done: number } | undefined;
  return (done) => {
    const now = performance.now();
    first ??= { time: now, done };
    if (done === first.done) return undefined;
    return (now - first.time) / 1000 * (total - done) / (done - first.done);
  };
}

/** Shows seconds as `2:05` or `1:02:05`. */
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const two = (n: number) => String(n).padStart(2, "0");
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  const end = two(whole % 60);
  return hours > 0 ? `${hours}:${two(minutes)}:${end}` : `${minutes}:${end}`;
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}

function isInteractive(stream: ProgressStream): boolean {
  return stream.isTTY === true && !process.env.CI && process.env.TERM !== "dumb";
}
