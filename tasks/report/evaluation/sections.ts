/**
 * What a page about runs shows beyond their logs: answers, gains and losses, and where networks look.
 *
 * @module
 */
import type { NORMALIZATION } from "../../../lib/data/normalize.ts";
import { UserError } from "../../../lib/errors.ts";
import { explainingMemory } from "../../run/out_of_memory.ts";
import { element } from "../../visualize/svg.ts";
import { accuracyHtml, type Answered, confusionHtml } from "./answers_section.ts";
import { changesHtml } from "./changes_section.ts";
import { confusionOf } from "./confusion.ts";
import { distanceHtml } from "./distance_section.ts";
import { figuresOf, mapsNote } from "./drawings.ts";
import { type Outcome, type Outcomes, outcomesOf } from "./outcomes.ts";
import { paragraph } from "../html.ts";
import type { TestImages } from "./test_images.ts";
import { disposeNetworks, loadUsable, type NamedNetworks, type Role } from "./usable.ts";

export { imagesOfFolder } from "./folder_images.ts";
export { type LoggedRun, rolesOfRuns } from "./roles.ts";
export { evaluationStyles } from "./styles.ts";
export { imagesOfSet, type TestImages } from "./test_images.ts";
export type { NamedNetworks } from "./usable.ts";

/** A part of a page. */
export interface Section {
  /** An ID for its place on the page: lower-case letters and hyphens. */
  id: string;
  title: string;
  /** A fragment of HTML without the title; names in it are escaped. It needs {@linkcode evaluationStyles}. */
  html: string;
}

/** Options of {@linkcode evaluationSections}. */
export interface EvaluationOptions {
  /** The name of the normalisation of networks that do not say theirs. Default `paper`. */
  normalization?: keyof typeof NORMALIZATION | "imagenet";
  /** The most images to draw of each kind: gained, lost, farthest from the teacher. Default 8. */
  drawn?: number;
  /** Called after each batch with the number of images done. */
  onImages?: ((done: number) => void) | undefined;
}

/**
 * Evaluates networks on labelled images, and writes what comes out as parts of a page: the accuracy of
 * each class; which classes are confused; with a baseline, the images that each student gains and loses
 * against it; with a teacher, how far from it the others look. A network that cannot be
 * compared is left out, and the first section says why.
 *
 * @throws {UserError} If no network can be compared, or memory runs out.
 */
export async function evaluationSections(
  named: NamedNetworks,
  images: TestImages,
  options: EvaluationOptions = {},
): Promise<Section[]> {
  const { normalization = "paper", onImages } = options;
  const { usable, leftOut } = await loadUsable(named, images, normalization);
  try {
    return await explainingMemory("use smaller networks", async () => {
      const results = await outcomesOf(usable, images, onImages);
      return await sectionsOf(
        { ...results, leftOut: [...leftOut, ...results.leftOut] },
        images,
        options,
      );
    });
  } finally {
    disposeNetworks(usable);
  }
}

async function sectionsOf(
  { labels, outcomes, leftOut }: Outcomes,
  images: TestImages,
  { drawn = 8 }: EvaluationOptions,
): Promise<Section[]> {
  const { classes } = images;
  const answering = outcomes.filter(({ network }) => network.answers);
  if (answering.length === 0) throw new UserError(leftOut[0] as string, { code: "not-finite" });
  const answered = answering.map(({ network: { title, role }, answers }): Answered => ({
    title,
    role,
    confusion: confusionOf(labels, answers, classes.length),
  }));
  const draw = figuresOf(images);
  const [teacher] = ofRole(outcomes, "teacher");
  const [baseline] = ofRole(outcomes, "baseline");
  const students = ofRole(outcomes, "student");
  const changes: string[] = [];
  for (const student of baseline ? students : []) {
    changes.push(await changesHtml(labels, student, baseline as Outcome, { draw, drawn, teacher }));
  }
  const note = drawn > 0 ? [paragraph(mapsNote, "faint")] : [];
  const compared = [...students, ...ofRole(outcomes, "baseline")].filter(({ distances }) =>
    distances.length > 0
  );
  const first = [
    paragraph(`On ${images.name}.`),
    ...leftOut.map((reason) => paragraph(`Left out: ${reason}`)),
    accuracyHtml(answered, classes),
  ];
  return [
    section("by-class", "Accuracy by class", first.join("\n")),
    section("confusion", "What is confused", confusionHtml(answered, classes)),
    ...changes.length === 0
      ? []
      : [section("changes", "Images gained and lost", [...note, ...changes].join("\n"))],
    ...teacher && compared.length > 0
      ? [section(
        "distance",
        "Where networks and teacher look apart",
        [...note, await distanceHtml(labels, compared, teacher, { draw, drawn })].join("\n"),
      )]
      : [],
  ];
}

function ofRole(outcomes: readonly Outcome[], role: Role): Outcome[] {
  return outcomes.filter(({ network }) => network.role === role);
}

function section(id: string, title: string, html: string): Section {
  return { id, title, html: element("div", { class: "evaluation" }, html) };
}
