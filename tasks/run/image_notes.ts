/**
 * Notes about images that are not shown to a network.
 *
 * @module
 */
import type { LeftOut } from "../../lib/images/left_out.ts";
import { type SkippedImage, SkippedImages } from "../../lib/images/skipped.ts";
import { printable } from "../../lib/errors.ts";
import { inFlags } from "../cli/in_flags.ts";

/** Maximum length of a path in a note, in characters. */
const mostOfPath = 200;

/** Prints each unusable or damaged image once. */
export function tellSkipped(): SkippedImages {
  const tell = (what: string) => ({ path, reason }: SkippedImage) =>
    console.error(
      `${what} ${printable(path, mostOfPath)}: ${printable(inFlags(reason), mostOfPath)}`,
    );
  return new SkippedImages(tell("skipped"), tell("used, though damaged:"));
}

/** Prints a line about the contents of an image folder that are not read, if there are any. */
export function tellLeftOut(folder: string, leftOut: readonly LeftOut[]): void {
  if (leftOut.length === 0) return;
  const kinds = leftOut.map(({ what, count, examples }) => {
    const shown = examples.map((path) => printable(path, mostOfPath));
    const more = count > examples.length ? ["..."] : [];
    return `${count} x ${what} (${[...shown, ...more].join(", ")})`;
  });
  console.error(
    `skipped in ${printable(folder, mostOfPath)}: ${kinds.join("; ")}: ` +
      "only .jpg, .jpeg and .png files are read; convert other images",
  );
}

/** The total number of these files and folders. */
export function countLeftOut(...parts: readonly (readonly LeftOut[])[]): number {
  return parts.flat().reduce((sum, { count }) => sum + count, 0);
}
