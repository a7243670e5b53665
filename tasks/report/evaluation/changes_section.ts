/**
 * A section on the images that a student gains and loses against a baseline.
 *
 * @module
 */
import { count } from "../../cli/count.ts";
import { element, escaped } from "../../visualize/svg.ts";
import { type Changes, changesBetween, mcNemar } from "./changes.ts";
import type { Draw } from "./drawings.ts";
import type { Outcome, Outcomes } from "./outcomes.ts";
import { points } from "./percent.ts";
import { detailsHtml, paragraph, tableHtml, words } from "../html.ts";

/** How to draw the images. */
export interface ChangesOptions {
  draw: Draw;
  /** The most images to draw of the gained ones, and of the lost ones. */
  drawn: number;
  /** Is drawn too, if there is one. */
  teacher: Outcome | undefined;
}

/** What a student gains and loses. */
export async function changesHtml(
  labels: Outcomes["labels"],
  student: Outcome,
  baseline: Outcome,
  { draw, drawn, teacher }: ChangesOptions,
): Promise<string> {
  const changes = changesBetween(labels, student.answers, baseline.answers);
  const [own, other] = [student.network.title, baseline.network.title];
  const networks = [student, baseline, ...(teacher ? [teacher] : [])].map(({ network }) => network);
  const shown = async (which: "gained" | "lost", only: string, open: boolean) => {
    const indices = changes[which];
    if (indices.length === 0 || drawn === 0) return "";
    const first = indices.slice(0, drawn);
    const some = first.length < indices.length ? `The first ${first.length} of ` : "";
    const summary = `${some}${count(indices.length, "image")} ${which}: only ${only} is right`;
    return detailsHtml(summary, await draw(first, networks), open);
  };
  return [
    element("h3", {}, escaped(`${own} against ${other}`)),
    paragraph(statementOf(changes, own, other)),
    tableHtml({
      caption: `Images that ${own} and ${other} answer rightly and wrongly`,
      head: ["images", `${other} is right`, `${other} is wrong`].map(words),
      rows: [
        [`${own} is right`, `${changes.bothRight}`, `${changes.gained.length} gained`],
        [`${own} is wrong`, `${changes.lost.length} lost`, `${changes.bothWrong}`],
      ].map((row) => row.map(words)),
    }),
    await shown("gained", own, true),
    await shown("lost", other, false),
  ].filter((part) => part !== "").join("\n");
}

/** Says in words what changed, and whether chance alone would do the same. */
export function statementOf(
  { gained: { length: gained }, lost: { length: lost }, bothRight, bothWrong }: Changes,
  student: string,
  baseline: string,
): string {
  const all = gained + lost + bothRight + bothWrong;
  if (gained + lost === 0) {
    return `${student} and ${baseline} are right on the same images: none of ${all} gained, none lost.`;
  }
  const [images, split] = [count(all, "image"), gained + lost];
  const difference = points((gained - lost) / all);
  const probability = mcNemar(gained, lost);
  const chance = probability < 1e-4 ? "less than 0.0001" : probability.toPrecision(2);
  return [
    `Of ${images}, ${student} gains ${gained} and loses ${lost} against ${baseline}:`,
    `${difference} percentage points. If both were equally good, chance would split`,
    `these ${split} at least as unevenly with a probability of ${chance} (McNemar's exact`,
    "test). That is about these two trainings; others, with other seeds, differ too.",
  ].join(" ");
}
