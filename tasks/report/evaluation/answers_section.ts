/**
 * Sections on the answers of networks: the accuracy of each class, and which classes they confuse.
 *
 * @module
 */
import {
  accuracyOf,
  type ClassScore,
  type Confusion,
  mostConfused,
  scoresOf,
  totalScore,
} from "./confusion.ts";
import { percent, points } from "./percent.ts";
import { type Cell, detailsHtml, paragraph, tableHtml, words } from "../html.ts";
import type { Role } from "./usable.ts";

/** A network's answers, counted. */
export interface Answered {
  title: string;
  role: Role;
  confusion: Confusion;
}

/** More classes than this do not fit on a page one by one. */
const mostClasses = 20;

/** The accuracy of each network on each class. */
export function accuracyHtml(networks: readonly Answered[], classes: readonly string[]): string {
  const scores = networks.map(({ confusion }) => scoresOf(confusion));
  const baseline = networks.findIndex(({ role }) => role === "baseline");
  const isCompared = networks.map(({ role }) => baseline >= 0 && role === "student");
  const rowOf = (head: string, ofNetworks: readonly ClassScore[]): Cell[] => {
    const accuracies = ofNetworks.map(accuracyOf);
    const cells = accuracies.flatMap((accuracy, i): Cell[] => [
      { text: percent(accuracy), kind: "bar", part: accuracy ?? 0 },
      ...isCompared[i] ? [words(changeOf(accuracy, accuracies[baseline]))] : [],
    ]);
    return [words(head), words(String(ofNetworks[0]?.images)), ...cells];
  };
  const rowOfClass = (label: number) =>
    rowOf(classes[label] as string, scores.map((all) => all[label] as ClassScore));
  const all = rowOf("all classes", scores.map(totalScore));
  const columns = networks.flatMap((network, i) => [
    titleOf(network),
    ...isCompared[i] ? ["points more"] : [],
  ]);
  const head = ["class", "images", ...columns].map(words);
  const compared = isCompared.includes(true)
    ? "; beside it, how many percentage points more than the baseline's"
    : "";
  const labels = [...classes.keys()];
  const table = (what: string, shown: readonly number[]) =>
    tableHtml({
      caption: `Accuracy on ${what}${compared}`,
      head,
      rows: [all, ...shown.map(rowOfClass)],
    });
  if (classes.length <= mostClasses) return table("each class", labels);
  const spread = labels.map((label) => spreadOf(scores.map((all) => all[label] as ClassScore)));
  const most = labels.toSorted((a, b) => (spread[b] as number) - (spread[a] as number));
  return [
    table(`the ${mostClasses} classes on which it differs most`, most.slice(0, mostClasses)),
    detailsHtml(`All ${classes.length} classes`, table("each class", labels)),
  ].join("\n");
}

function changeOf(now: number | undefined, before: number | undefined): string {
  return now === undefined || before === undefined ? "–" : points(now - before);
}

/** How far the accuracies of networks on a class lie apart. */
function spreadOf(scores: readonly ClassScore[]): number {
  const accuracies = scores.map((score) => accuracyOf(score) ?? 0);
  return Math.max(...accuracies) - Math.min(...accuracies);
}

/** The title of a network, with its role. */
export function titleOf({ title, role }: Pick<Answered, "title" | "role">): string {
  return role === "student" ? title : `${title}, the ${role}`;
}

/** The confusion matrix of each network or, for many classes, the classes confused most. */
export function confusionHtml(networks: readonly Answered[], classes: readonly string[]): string {
  if (classes.length > mostClasses) {
    return networks.map((network) => pairsHtml(network, classes)).join("\n");
  }
  const largest = Math.max(1, ...networks.map(({ confusion }) => largestError(confusion)));
  return [
    paragraph(
      "Rows are the classes of the images, columns the answers. Blue: right answers, by their share of " +
        "the class. Orange: wrong answers, stronger the more there are, on one scale for all networks.",
    ),
    ...networks.map((network) => matrixHtml(network, classes, largest)),
  ].join("\n");
}

function largestError({ classes, counts }: Confusion): number {
  return counts.reduce(
    (most, count, i) => Math.floor(i / classes) === i % classes ? most : Math.max(most, count),
    0,
  );
}

function matrixHtml(network: Answered, classes: readonly string[], largest: number): string {
  const { confusion } = network;
  const scores = scoresOf(confusion);
  const rows = classes.map((head, label) => {
    const { images } = scores[label] as ClassScore;
    const cells = classes.map((_, answer): Cell => {
      const count = confusion.counts[label * classes.length + answer] as number;
      const text = String(count);
      if (count === 0) return { text, kind: "faint" };
      if (answer === label) return { text, kind: "right", part: count / images };
      return { text, kind: "wrong", part: Math.sqrt(count / largest) };
    });
    return [words(head), ...cells];
  });
  return tableHtml({
    kind: "matrix",
    caption: `Answers of ${titleOf(network)}: number of images`,
    head: ["class \\ answer", ...classes].map(words),
    rows,
  });
}

function pairsHtml(network: Answered, classes: readonly string[]): string {
  const pairs = mostConfused(network.confusion, mostClasses);
  if (pairs.length === 0) return paragraph(`All answers of ${titleOf(network)} are right.`);
  return tableHtml({
    caption: `Wrong answers given most often by ${titleOf(network)}`,
    head: ["class", "answer", "images", "of the class"].map(words),
    rows: pairs.map(({ label, answer, count, images }) => [
      words(classes[label] as string),
      { text: classes[answer] as string, kind: "text" },
      words(String(count)),
      { text: percent(count / images), kind: "bar", part: count / images },
    ]),
  });
}
