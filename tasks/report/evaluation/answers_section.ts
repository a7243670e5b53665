/**
 * Sections on the answers of networks: the accuracy of each class, and which classes they confuse.
 *
 * @module
 */
import { element } from "../../visualize/svg.ts";
import {
  accuracyOf,
  type ClassScore,
  type Confusion,
  mostConfused,
  scoresOf,
  totalScore,
} from "./confusion.ts";
import { cell, paragraph, percent, points, type Row, tableHtml } from "./table.ts";
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
  const rowOf = (head: string, ofNetworks: readonly ClassScore[]): Row => {
    const before = baseline < 0 ? undefined : accuracyOf(ofNetworks[baseline] as ClassScore);
    const cells = ofNetworks.map((score, i) => {
      const accuracy = accuracyOf(score);
      const isCompared = before !== undefined && networks[i]?.role === "student";
      const change = isCompared ? ` (${points((accuracy as number) - before)})` : "";
      return cell(`${percent(accuracy)}${change}`, { kind: "bar", part: accuracy ?? 0 });
    });
    return { head, cells: [cell(String(ofNetworks[0]?.images)), ...cells] };
  };
  const rowOfClass = (label: number) =>
    rowOf(classes[label] as string, scores.map((all) => all[label] as ClassScore));
  const all = rowOf("all classes", scores.map(totalScore));
  const head = ["class", "images", ...networks.map(titleOf)];
  const inBrackets = baseline < 0 ? "" : "; in brackets, percentage points more than the baseline";
  const labels = [...classes.keys()];
  const table = (what: string, shown: readonly number[]) =>
    tableHtml({
      caption: `Accuracy on ${what}${inBrackets}`,
      head,
      rows: [all, ...shown.map(rowOfClass)],
    });
  if (classes.length <= mostClasses) return table("each class", labels);
  const spread = labels.map((label) => spreadOf(scores.map((all) => all[label] as ClassScore)));
  const most = labels.toSorted((a, b) => (spread[b] as number) - (spread[a] as number));
  return [
    table(`the ${mostClasses} classes on which it differs most`, most.slice(0, mostClasses)),
    element(
      "details",
      {},
      element("summary", {}, `All ${classes.length} classes`),
      table("each class", labels),
    ),
  ].join("\n");
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
        "the class. Orange: wrong ones, by their number; the strongest is " +
        `${largest}, for all networks alike.`,
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
    const cells = classes.map((_, answer) => {
      const count = confusion.counts[label * classes.length + answer] as number;
      if (count === 0) return cell("0", { kind: "faint" });
      if (answer === label) return cell(String(count), { kind: "right", part: count / images });
      return cell(String(count), { kind: "wrong", part: count / largest });
    });
    return { head, cells };
  });
  return tableHtml({
    caption: `What ${titleOf(network)} answers: number of images`,
    head: ["class \\ answer", ...classes],
    rows,
  });
}

function pairsHtml(network: Answered, classes: readonly string[]): string {
  const pairs = mostConfused(network.confusion, mostClasses);
  if (pairs.length === 0) return paragraph(`${titleOf(network)} answers all images rightly.`);
  return tableHtml({
    caption: `What ${titleOf(network)} confuses most often`,
    head: ["class", "answer", "images", "of the class"],
    rows: pairs.map(({ label, answer, count, images }) => ({
      head: classes[label] as string,
      cells: [
        cell(classes[answer] as string, { kind: "text" }),
        cell(String(count)),
        cell(percent(count / images), { kind: "bar", part: count / images }),
      ],
    })),
  });
}
