/**
 * A run that the page shows: reads what its files have gained.
 *
 * @module
 */
import { join } from "@std/path";
import { printable } from "../../lib/errors.ts";
import { whyNot } from "../../lib/files.ts";
import { isObject, type Json } from "../../lib/json.ts";
import { cifarCommand } from "../cli/cifar_options.ts";
import { snakeCase } from "../cli/flags.ts";
import { imagenetCommand } from "../cli/imagenet_options.ts";
import type { LoggedOptions } from "../cli/resumed_options.ts";
import { type EpochStats, logName, parseLine, picturesName, replaceFrom } from "../run/run_log.ts";
import { type EpochPoint, epochPoint } from "./epoch_point.ts";
import { PictureFile } from "./pictures.ts";
import { GrowingFile } from "./growing_file.ts";
import { StepMeans } from "./step_means.ts";

/** Options of both training commands, as the log names them. */
const knownOptions: ReadonlySet<string> = new Set(
  [cifarCommand, imagenetCommand].flatMap(({ options }) => Object.keys(options).map(snakeCase)),
);

/** At most so many problems of a log are told one by one. */
const mostProblems = 3;

/** A run, as far as its files say. */
export class Run {
  readonly folder: string;
  readonly steps = new StepMeans();
  /** What is wrong with the log, as lines. */
  problems: string[] = [];
  /** The keys of all figures of its epochs. */
  readonly keys = new Set<string>();
  #points: EpochPoint[] = [];
  #options: LoggedOptions = {};
  #dataDigest: string | undefined;
  /** The first epoch that changed since {@linkcode takeChange}. */
  #changed: number | undefined = 0;
  #lineCount = 0;
  readonly #log: GrowingFile;
  readonly #stepLog: GrowingFile;
  readonly #pictures: PictureFile;

  constructor(folder: string) {
    this.folder = folder;
    this.#log = new GrowingFile(join(folder, logName), (line) => {
      const { start, stats } = parseLine(line);
      return start !== undefined || stats !== undefined;
    });
    this.#stepLog = new GrowingFile(join(folder, "steps.txt"));
    this.#pictures = new PictureFile(join(folder, picturesName));
  }

  /** The epochs in order. */
  get points(): readonly EpochPoint[] {
    return this.#points;
  }

  /** The options in effect last, with their names in the log. */
  get options(): LoggedOptions {
    return this.#options;
  }

  /** Identifies the data that it was trained on, if the log says that. */
  get dataDigest(): string | undefined {
    return this.#dataDigest;
  }

  /** Where its network looks after the last epoch, as a `data:` URL, if the run writes that. */
  get pictures(): string | undefined {
    return this.#pictures.uri;
  }

  /** Reads what is new in its files. Returns true if there was something. */
  async update(): Promise<boolean> {
    const changes = [
      await this.#follow(this.#log, logName, () => this.#forget(), (line) => this.#addLine(line)),
      await this.#follow(
        this.#stepLog,
        "steps.txt",
        () => this.steps.clear(),
        (line) => this.#addStep(line),
      ),
      await this.#pictures.update().catch((error) =>
        this.#addFault(`${picturesName} cannot be shown: ${whyNot(error)}`)
      ),
    ];
    return changes.some(Boolean);
  }

  /** The first epoch, from 0, that changed since the last call; undefined if none did. */
  takeChange(): number | undefined {
    const from = this.#changed;
    this.#changed = undefined;
    return from;
  }

  async #follow(
    file: GrowingFile,
    name: string,
    forget: () => void,
    add: (line: string) => void,
  ): Promise<boolean> {
    let hasChanged = false;
    try {
      for (let hasMore = true; hasMore;) {
        const found = await file.read();
        if (found === undefined) return hasChanged;
        if (found.isFresh) forget();
        found.lines.forEach(add);
        hasChanged ||= found.isFresh || found.lines.length > 0;
        hasMore = found.hasMore;
      }
    } catch (error) {
      return this.#addFault(`${name} cannot be read: ${whyNot(error)}`) || hasChanged;
    }
    return hasChanged;
  }

  /** Adds a problem of a file. Returns true if it is new. */
  #addFault(problem: string): boolean {
    if (this.problems.includes(problem)) return false;
    this.problems.push(problem);
    return true;
  }

  #forget(): void {
    [this.#points, this.#options, this.#dataDigest] = [[], {}, undefined];
    [this.problems, this.#changed, this.#lineCount] = [[], 0, 0];
  }

  #addLine(line: string): void {
    this.#lineCount++;
    const { start, stats, problem } = parseLine(line);
    if (problem !== undefined) this.#addProblem(`line ${this.#lineCount} ${problem}`);
    if (start !== undefined) {
      if (isObject(start.options)) this.#options = start.options as LoggedOptions;
      if (typeof start.data_digest === "string") this.#dataDigest = start.data_digest;
    }
    if (stats === undefined) return;
    // Logs of the original code have no line about the start.
    this.#options = { ...this.#options, ...optionsIn(stats) };
    const kept = this.#points.findLastIndex(({ epoch }) => epoch < stats.epoch) + 1;
    this.#changed = Math.min(this.#changed ?? Infinity, kept);
    const point = epochPoint(stats, this.#points[kept - 1]?.epoch ?? 0);
    replaceFrom(this.#points, point);
    for (const key of Object.keys(point)) this.keys.add(key);
  }

  #addProblem(problem: string): void {
    if (this.problems.length < mostProblems) this.problems.push(`${problem}; it is left out`);
    else this.problems[mostProblems] = "more of its lines are damaged, and left out";
  }

  #addStep(line: string): void {
    const [, step, loss] = line.match(/^(\d{1,12}) (-?[\d.]+(?:e[+-]?\d+)?)$/i) ?? [];
    if (step !== undefined && step !== "0") this.steps.add(Number(step), Number(loss));
  }
}

function optionsIn(stats: EpochStats): Record<string, Json> {
  return Object.fromEntries(Object.entries(stats).filter(([name]) => knownOptions.has(name)));
}

/** The problems of a run as one line: `logs/a: line 3 is not valid JSON; it is left out`. */
export function problemLines({ folder, problems }: Run): string[] {
  return problems.map((problem) => `${printable(folder, 1000)}: ${problem}`);
}
