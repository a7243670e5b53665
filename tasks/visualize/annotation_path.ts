/**
 * Finds the annotation file of an image.
 *
 * @module
 */
import { basename, dirname, extname, join } from "@std/path";

/** The XML file beside an image, with the same name. */
export function annotationOf(image: string): string {
  return join(dirname(image), `${basename(image, extname(image))}.xml`);
}
