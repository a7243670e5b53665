/**
 * The tables of the page: accuracies, differences and options.
 *
 * @module
 */
import type { Json } from "../../lib/json.ts";
import { count } from "../cli/count.ts";
import { signed, spreadText } from "../reproduce/markdown.ts";
import { type Interval, leastSeeds } from "../reproduce/statistics.ts";
import {
  difference,
  differingOptions,
  type FinishedRun,
  type Group,
  type RunSummary,
} from "./groups.ts";
import { figure, listHtml, paragraph, tableHtml, words } from "./html.ts";

/** The accuracies of groups and runs. */
export function resultsHtml(groups: readonly Group[]): string {
  if (groups.length === 0) return paragraph("There is no run yet.");
  const few = groups.filter(({ counted }) => counted.length < leastSeeds);
  return [
    tableHtml({
      caption: "Test accuracy of each group in per cent: mean ± standard deviation over n seeds",
      head: [words("Group"), ...["n", "last epoch", "best epoch"].map(figure)],
      rows: groups.map(({ name, counted }) => [
        words(name),
        figure(String(counted.length)),
        figure(accuraciesText(counted, "last")),
        figure(accuraciesText(counted, "best")),
      ]),
    }),
    paragraph(
      "A group is all runs that differ only in their seed; only finished ones count. The best epoch is " +
        "chosen by its test accuracy, so that accuracy is too good.",
      "faint",
    ),
    few.length === 0 ? "" : paragraph(
      `With fewer than ${leastSeeds} seeds, accuracies prove nothing: ` +
        `${few.map(({ name, counted }) => `${name} (n = ${counted.length})`).join(", ")}.`,
      "warning",
    ),
    tableHtml({
      caption: "Test accuracy of each run in per cent",
      head: [
        ...["Run", "Group"].map(words),
        ...["seed", "last epoch", "best epoch"].map(figure),
        words("State"),
      ],
      rows: groups.flatMap(({ name, runs }) => runs.map((run) => runRow(name, run))),
    }),
    listHtml(groups.flatMap(doubleSeeds)),
  ].join("");
}

function runRow(group: string, run: RunSummary) {
  const { name, seed, last, best } = run;
  return [
    words(name),
    words(group),
    figure(seed === undefined ? "" : String(seed)),
    figure(last === undefined ? "" : accuracyText(last)),
    figure(best === undefined ? "" : `${accuracyText(best)} (epoch ${shortNumber(best.epoch)})`),
    words(stateText(run)),
  ];
}

function stateText({ last, epochs, isFinished }: RunSummary): string {
  if (isFinished) return `finished, ${count(Number(shortNumber(last?.epoch ?? 0)), "epoch")}`;
  return `epoch ${shortNumber(last?.epoch ?? 0)}${epochs === undefined ? "" : ` of ${epochs}`}`;
}

function accuraciesText(runs: readonly FinishedRun[], which: "last" | "best"): string {
  if (runs.length === 0) return "none is finished";
  return spreadText(runs.map((run) => run[which].test_acc as number));
}

function doubleSeeds({ name, runs, counted }: Group): string[] {
  const finished = runs.filter(({ isFinished }) => isFinished);
  const left = finished.filter((run) => !counted.some(({ folder }) => folder === run.folder));
  return left.map((run) => `${run.name} repeats a seed of ${name}, so it does not count.`);
}

/** The differences between each group and the baseline. */
export function differencesHtml(groups: readonly Group[], baseline: Group | undefined): string {
  const others = groups.filter((group) => group !== baseline);
  if (groups.length < 2) {
    return paragraph("There are not two groups, so there is nothing to compare.");
  }
  if (baseline === undefined) return paragraph("The folder of --baseline has no run.");
  const found = others.map((group) => ({ group, interval: difference(group, baseline) }));
  const few = found.some(({ interval }) => (interval?.n ?? 0) < leastSeeds);
  return [
    tableHtml({
      caption:
        `Test accuracy of the last epoch: difference from ${baseline.name} in percentage points`,
      head: [
        words("Group"),
        figure("pairs"),
        figure("difference"),
        words("95% interval"),
        words("Result"),
      ],
      rows: found.map(({ group, interval }) => [
        words(group.name),
        figure(String(interval?.n ?? 0)),
        figure(interval === undefined ? "" : signed(interval.mean)),
        words(interval?.ends === undefined ? "" : interval.ends.map(signed).join(" to ")),
        words(verdict(interval)),
      ]),
    }),
    paragraph(
      "A pair is two finished runs with the same seed, one of each group. The difference is the mean " +
        "over the pairs, its interval that of a paired t test.",
      "faint",
    ),
    few
      ? paragraph(
        `With fewer than ${leastSeeds} pairs of seeds, a difference proves nothing.`,
        "warning",
      )
      : "",
    listHtml(otherData(groups)),
  ].join("");
}

/** What an interval says. */
function verdict(interval: Interval | undefined): string {
  if (interval === undefined) return "no seed has finished in both groups";
  const { n, ends } = interval;
  if (n < leastSeeds || ends === undefined) return `too few seeds: ${n}`;
  return ends[0] > 0 ? "better" : ends[1] < 0 ? "worse" : "not decided";
}

function otherData(groups: readonly Group[]): string[] {
  const digests = new Set(
    groups.flatMap(({ runs }) => runs.flatMap(({ dataDigest }) => dataDigest ?? [])),
  );
  return digests.size < 2 ? [] : [
    `The runs were trained on ${digests.size} different sets of data, so they cannot be compared.`,
  ];
}

/** The options in which the groups differ. */
export function optionsHtml(groups: readonly Group[]): string {
  const differing = differingOptions(groups);
  if (differing.length === 0) {
    return paragraph(
      groups.length < 2
        ? "There are not two groups. Runs that differ only in their seed are one group."
        : "The logs name no option in which the groups differ.",
    );
  }
  return tableHtml({
    caption: "Options in which the groups differ",
    head: [words("Option"), ...groups.map(({ name }) => words(name))],
    rows: differing.map(({ name, values }) => [words(name), ...values.map(optionText).map(words)]),
  });
}

function optionText(value: Json | undefined): string {
  if (value === undefined || value === null) return "(none)";
  return typeof value === "string" ? value : JSON.stringify(value);
}

function accuracyText({ test_acc }: Readonly<Record<string, number>>): string {
  return (test_acc as number).toFixed(2);
}

function shortNumber(value: number): string {
  return String(Number(value.toFixed(2)));
}
