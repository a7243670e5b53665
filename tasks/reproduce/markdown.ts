/**
 * Writes the results of a table as Markdown.
 *
 * @module
 */
import { wrap } from "../cli/help.ts";
import { durationText } from "./costs.ts";
import type { RunResult } from "./results.ts";
import { deviation, type Interval, leastSeeds, mean, pairedInterval } from "./statistics.ts";
import type { Row, Table } from "./table.ts";

interface Measured {
  readonly row: Row;
  readonly runs: readonly RunResult[];
}

/** The page of a table. */
export function markdownOf(table: Table, results: readonly RunResult[]): string {
  const measured = measure(table, results);
  const found = measured.flatMap(({ row }) => findings(table, measured, row));
  const missing = table.rows.flatMap((row) => {
    const count = row.seeds.length - runsIn(row, results).length;
    return count > 0 ? [`${row.label} ${count}`] : [];
  });
  const images = table.rows.some(({ options }) => "holdout" in options) ? "held-out" : "test";
  return [
    `# Results: ${table.name}`,
    `${table.about} ${table.dataNote ?? ""}`.trim(),
    `![Test accuracy by method](${table.name}.svg)`,
    `Accuracy on the ${images} images in per cent of the **last** epoch: the mean, ± the standard ` +
    `deviation over n seeds. Beside it stands the best epoch's, which the ${images} images themselves ` +
    "choose. Differences are in points, between runs of one seed, with the interval of 95% of a paired " +
    "t test.",
    markdownTable(
      [
        "",
        "n",
        "last epoch",
        "best epoch",
        "against the student alone",
        "against KD",
        "processor time",
      ],
      measured.map(({ row, runs }) => [
        row.label,
        String(runs.length),
        spreadText(runs.map(({ last }) => last.test_acc)),
        mean(runs.map(({ best }) => best.test_acc)).toFixed(2),
        differenceText(compare(measured, row, row.alone)),
        differenceText(compare(measured, row, row.kd)),
        durationText(mean(runs.map(timeOf))),
      ]),
    ),
    `![Test accuracy over processor time](${table.name}-time.svg)`,
    ...(found.length > 0 ? ["## What the seeds support", list(found)] : []),
    ...(missing.length > 0 ? [`Runs that are missing: ${missing.join(", ")}.`] : []),
    "## How each row was trained",
    list(
      measured.map(({ row, runs }) =>
        `${row.label}: \`${runs[0]!.command}\`${row.note ? `. ${row.note}` : ""}`
      ),
    ),
    ...origins(results),
  ].join("\n\n") + "\n";
}

/** The width of README's lines, as `deno fmt` makes them. */
const readmeWidth = 100;

/** The part for README: a small table, and a link to the rest. */
export function readmePart(table: Table, results: readonly RunResult[]): string {
  const measured = measure(table, results);
  const about = `${table.about} ${table.dataNote ?? ""} Accuracies are the last epoch's: mean ± ` +
    "standard deviation over n seeds; in brackets the 95% interval of the paired difference in " +
    `points. ${comparisonNotes(table)} More is in ` +
    `[results/${table.name}.md](results/${table.name}.md).`;
  return [
    markdownTable(
      ["", "n", "test accuracy, %", "against the student alone"],
      measured.map(({ row, runs }) => [
        row.label,
        String(runs.length),
        spreadText(runs.map(({ last }) => last.test_acc)),
        differenceText(compare(measured, row, row.alone)),
      ]),
    ),
    wrap(about.split(/\s+/), readmeWidth).join("\n"),
    `![Test accuracy by method](results/${table.name}.svg)`,
  ].join("\n\n");
}

/** What a reader of the differences must know. */
function comparisonNotes({ rows }: Table): string {
  const programOf = (name: string | undefined) => rows.find((row) => row.name === name)?.program;
  const inPyTorch = rows.some(({ program, alone }) =>
    program === "pytorch" && programOf(alone) === "pytorch"
  );
  return `Rows with fewer than three seeds support no claim.${
    inPyTorch ? " PyTorch's rows are compared with PyTorch's student alone." : ""
  }`;
}

/** The rows with results, in the table's order. */
export function measure({ rows }: Table, results: readonly RunResult[]): Measured[] {
  return rows
    .map((row) => ({ row, runs: runsIn(row, results) }))
    .filter(({ runs }) => runs.length > 0);
}

function runsIn({ name }: Row, results: readonly RunResult[]): RunResult[] {
  return results.filter(({ row }) => row === name);
}

/** Seconds of all processors; where these are not known, of the clock. */
export function timeOf({ seconds, processor_seconds: processor }: RunResult): number {
  return processor ?? seconds;
}

/** The difference between two rows, over the seeds that both have; undefined if there are none. */
function compare(
  measured: readonly Measured[],
  row: Row,
  other: string | undefined,
): Interval | undefined {
  const runs = (name: string | undefined) =>
    measured.find(({ row }) => row.name === name)?.runs ?? [];
  const differences = runs(row.name).flatMap(({ seed, last }) => {
    const partner = runs(other).find((run) => run.seed === seed);
    return partner ? [last.test_acc - partner.last.test_acc] : [];
  });
  return differences.length === 0 ? undefined : pairedInterval(differences);
}

/** One or more values as mean and, if there are several, standard deviation: `79.90 ± 0.21`. */
export function spreadText(values: readonly number[]): string {
  const spread = deviation(values);
  return mean(values).toFixed(2) + (spread === undefined ? "" : ` ± ${spread.toFixed(2)}`);
}

function differenceText(interval: Interval | undefined): string {
  if (interval === undefined) return "";
  const { mean, ends } = interval;
  return signed(mean) + (ends ? ` [${ends.map(signed).join(", ")}]` : "");
}

/** A difference with its sign: `+0.25`. */
export function signed(value: number): string {
  const text = Math.abs(value).toFixed(2);
  return value < 0 && Number(text) !== 0 ? `−${text}` : `+${text}`;
}

/** Compares a row with the two rows that it names. */
function findings(table: Table, measured: readonly Measured[], row: Row): string[] {
  return [row.alone, row.kd].flatMap((other) => {
    const interval = compare(measured, row, other);
    if (interval === undefined) return [];
    const label = table.rows.find(({ name }) => name === other)!.label;
    return [`${row.label} against ${label}: ${finding(interval)}.`];
  });
}

/** An interval in words. */
export function finding({ n, mean, ends }: Interval): string {
  if (n < leastSeeds || ends === undefined) {
    return `${signed(mean)} points with ${
      n === 1 ? "one seed" : `${n} seeds`
    }, which supports no claim`;
  }
  const [low, high] = ends;
  const values = `${signed(mean)} points [${signed(low)}, ${signed(high)}], n = ${n}`;
  if (low > 0) return `better, as the seeds support: ${values}`;
  if (high < 0) return `worse, as the seeds support: ${values}`;
  return `not decided by the seeds: ${values}`;
}

function origins(results: readonly RunResult[]): string[] {
  const hours = results.reduce((sum, run) => sum + timeOf(run), 0) / 3600;
  const engines = countsOf(results.map(({ engine }) => String(engine)));
  const digests = countsOf(results.map(({ data_digest }) => data_digest ?? "not known"));
  return [
    "## Where they come from",
    list([
      `${results.length} runs, ${hours.toFixed(1)} hours of processor time in all.`,
      ...engines.map((text) => `Trained with ${text}.`),
      ...digests.map((text) => `Digest of the data set: ${text}.`),
    ]),
  ];
}

/** The distinct texts; if there are several, each with its count. */
function countsOf(texts: readonly string[]): string[] {
  const different = [...new Set(texts)];
  if (different.length === 1) return different;
  return different.map((text) =>
    `${text} (${texts.filter((other) => other === text).length} runs)`
  );
}

function list(items: readonly string[]): string {
  return items.map((item) => `- ${item}`).join("\n");
}

function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((_, i) => Math.max(...[head, ...rows].map((row) => row[i]!.length), 1));
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, i) => cell.padEnd(widths[i]!)).join(" | ")} |`;
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...rows.map(line)].join("\n");
}
