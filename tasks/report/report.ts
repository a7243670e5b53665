/**
 * What the page shows of all runs, and what changes of it.
 *
 * @module
 */
import { resolve } from "@std/path";
import { printable } from "../../lib/errors.ts";
import type { EpochPoint } from "./epoch_point.ts";
import { findRuns } from "./find_runs.ts";
import { type Group, groupsOf, type RunSummary, summaryOf, usualBaseline } from "./groups.ts";
import { listHtml, paragraph } from "./html.ts";
import { type Metric, metricsOf, stepLoss } from "./metrics.ts";
import { distinctNames } from "./names.ts";
import { picturesHtml, type RunPictures } from "./pictures.ts";
import { problemLines, Run } from "./run.ts";
import type { StepMeans } from "./step_means.ts";
import { differencesHtml, optionsHtml, resultsHtml } from "./tables.ts";

/** Columns of numbers from row `from` on; they replace what a reader had from there. */
export interface TablePart {
  readonly from: number;
  readonly columns: Readonly<Record<string, readonly (number | null)[]>>;
}

/** A run for the charts. */
export interface RunPart {
  readonly id: number;
  readonly name: string;
  /** The index of its group. */
  readonly group: number;
  readonly epochs?: TablePart;
  readonly steps?: TablePart;
}

/** The parts of the page that are made here, as HTML by the ID of their element. */
export type HtmlParts = Readonly<
  Record<"notes" | "results" | "differences" | "options" | "pictures", string>
>;

/** What the page shows, or what changed of it. */
export interface PageData {
  readonly metrics: readonly Metric[];
  readonly groups: readonly string[];
  /** All runs, in order; with their numbers as far as these are new. */
  readonly runs: readonly RunPart[];
  readonly html: HtmlParts;
}

/** What a report is about. */
export interface ReportSettings {
  readonly folders: readonly string[];
  readonly baseline?: string | undefined;
  /** True if it waits for runs that are not there yet. */
  readonly waits?: boolean;
}

/** The runs of some folders, and the page about them. */
export class Report {
  readonly #settings: ReportSettings;
  readonly #runs = new Map<string, Run>();
  #ids = new Map<Run, number>();
  #problems: readonly string[] = [];

  constructor(settings: ReportSettings) {
    const { folders, baseline } = settings;
    this.#settings = { ...settings, folders: baseline ? [...folders, baseline] : folders };
  }

  /** Looks for runs, and reads what is new. Returns true if anything changed. */
  async update(): Promise<boolean> {
    const state = () => JSON.stringify([[...this.#runs.keys()], this.#problems]);
    const before = state();
    const { runs, problems } = await findRuns(this.#settings.folders);
    for (const folder of runs) {
      if (this.#runs.has(folder)) continue;
      const run = new Run(folder);
      this.#runs.set(folder, run);
      this.#ids.set(run, this.#ids.size);
    }
    for (const folder of this.#runs.keys()) if (!runs.includes(folder)) this.#runs.delete(folder);
    this.#problems = problems;
    let hasChanged = before !== state();
    for (const run of this.#runs.values()) hasChanged = await run.update() || hasChanged;
    return hasChanged;
  }

  /** The number of runs with at least one epoch. */
  get size(): number {
    return [...this.#runs.values()].filter(({ points }) => points.length > 0).length;
  }

  /** What is wrong with folders and logs, as lines. */
  get problems(): string[] {
    const ofRuns = [...this.#runs.values()].flatMap((run) => [
      ...problemLines(run),
      ...(run.points.length === 0
        ? [`${printable(run.folder, 1000)}: its log has no epoch yet`]
        : []),
    ]);
    const end = this.#settings.waits ? "; waiting for it" : "";
    return [...this.#problems.map((problem) => problem + end), ...ofRuns];
  }

  /** What the page shows: all of it, or only the numbers that are new since the last such call. */
  data(which: "all" | "new"): PageData {
    const runs = [...this.#runs.values()];
    const { summaries, groups } = this.#summarized(runs);
    const parts = runs.map((run, i): RunPart => ({
      id: this.#ids.get(run) as number,
      name: summaries[i]?.name as string,
      group: groups.findIndex(({ runs }) => runs.includes(summaries[i] as RunSummary)),
      ...newTables(run, which),
    }));
    const keys = new Set(runs.flatMap((run) => [...run.keys]));
    return {
      metrics: [
        ...metricsOf(keys),
        ...(runs.some(({ steps }) => steps.length > 0) ? [stepLoss] : []),
      ],
      groups: groups.map(({ name }) => name),
      runs: parts,
      html: { ...this.#html(groups), pictures: picturesHtml(picturesOf(runs, summaries)) },
    };
  }

  /**
   * The first run of each group, a finished one if there is one; the baseline's group comes first. And
   * the folder of the baseline's run, if the settings name one that is there.
   */
  firstRuns(): { runs: RunSummary[]; baseline: string | undefined } {
    const { groups } = this.#summarized([...this.#runs.values()]);
    const baseline = this.#baseline(groups);
    const runs = groups.toSorted((a, b) => Number(b === baseline) - Number(a === baseline))
      .map(({ runs, counted }) => counted[0] ?? runs[0] as RunSummary);
    const isNamed = baseline !== undefined && this.#settings.baseline !== undefined;
    return { runs, baseline: isNamed ? runs[0]?.folder : undefined };
  }

  #summarized(runs: readonly Run[]): { summaries: RunSummary[]; groups: Group[] } {
    const names = distinctNames(runs.map(({ folder }) => resolve(folder)));
    const summaries = runs.map((run, i) => summaryOf(names[i] as string, run));
    return { summaries, groups: groupsOf(summaries) };
  }

  #html(groups: readonly Group[]): Omit<HtmlParts, "pictures"> {
    const baseline = this.#baseline(groups);
    const { problems } = this;
    return {
      notes: problems.length === 0
        ? ""
        : paragraph("Notes about folders and logs:") + listHtml(problems),
      results: resultsHtml(groups),
      differences: differencesHtml(groups, baseline),
      options: optionsHtml(groups),
    };
  }

  #baseline(groups: readonly Group[]): Group | undefined {
    const { baseline } = this.#settings;
    if (baseline === undefined) return usualBaseline(groups);
    const path = resolve(baseline);
    const isIn = ({ folder }: RunSummary) =>
      resolve(folder) === path || resolve(folder, "..") === path;
    return groups.find(({ runs }) => runs.some(isIn));
  }
}

function picturesOf(runs: readonly Run[], summaries: readonly RunSummary[]): RunPictures[] {
  return runs.map(({ points, pictures: uri }, i) => ({
    name: summaries[i]?.name as string,
    epochs: points.at(-1)?.epoch ?? 0,
    uri,
  }));
}

/** The numbers of a run, as far as they are asked for. */
function newTables(run: Run, which: "all" | "new"): Pick<RunPart, "epochs" | "steps"> {
  const { points, steps } = run;
  const epochsFrom = which === "all" ? 0 : run.takeChange();
  const stepsFrom = which === "all" ? 0 : steps.takeChange();
  return {
    ...(epochsFrom === undefined ? {} : { epochs: epochsPart(run.keys, points, epochsFrom) }),
    ...(stepsFrom === undefined ? {} : {
      steps: stepsPart(steps, stepsFrom),
    }),
  };
}

function epochsPart(
  keys: ReadonlySet<string>,
  points: readonly EpochPoint[],
  from: number,
): TablePart {
  const rows = points.slice(from);
  const columns = [...keys].map((key) => [key, rows.map((row) => rounded(row[key]))] as const);
  return { from, columns: Object.fromEntries(columns) };
}

function stepsPart(steps: StepMeans, from: number): TablePart {
  const { step, step_loss } = steps.columns(from);
  return { from, columns: { step: step.map(rounded), step_loss: step_loss.map(rounded) } };
}

/** Six digits are more than a chart shows, and keep the page small. */
function rounded(value: number | undefined): number | null {
  return value === undefined || !Number.isFinite(value) ? null : Number(value.toPrecision(6));
}
