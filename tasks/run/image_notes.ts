/**
 * What a task says of the images that it does not show to a network.
 *
 * @module
 */
import type { LeftOut } from "../../lib/images/left_out.ts";
import { type SkippedImage, SkippedImages } from "../../lib/images/skipped.ts";
import { printable } from "../../lib/errors.ts";

/** The most characters of a path in a note. */
const mostOfPath = 200;

/** Names every image that cannot be used, or is damaged, once. */
export function tellSkipped(): SkippedImages {
  const tell = (what: string) => ({ path, reason }: SkippedImage) =>
    console.error(`${what} ${printable(path, mostOfPath)}: ${printable(reason, mostOfPath)}`);
  return new SkippedImages(tell("skipped"), tell("used, though damaged:"));
}

/** Says in a line what a folder of images holds that is not read; nothing where there is nothing. */
export function tellLeftOut(folder: string, leftOut: readonly LeftOut[]): void {
  if (leftOut.length === 0) return;
  const kinds = leftOut.map(({ what, count, examples }) => {
    const more = count > examples.length ? ["..."] : [];
    return `${count} x ${what} (${
      [...examples.map((path) => printable(path, mostOfPath)), ...more].join(", ")
    })`;
  });
  console.error(
    `skipped in ${printable(folder, mostOfPath)}: ${
      kinds.join("; ")
    }: only .jpg, .jpeg and .png files are ` +
      "read; convert other images",
  );
}

/** How many files and folders these are. */
export function countLeftOut(...parts: readonly (readonly LeftOut[])[]): number {
  return parts.flat().reduce((sum, { count }) => sum + count, 0);
}
