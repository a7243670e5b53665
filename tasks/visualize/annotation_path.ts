/**
 * Where the boxes of an image are.
 *
 * @module
 */
import { basename, dirname, extname, join } from "@std/path";

/** The XML file beside an image that has its name. */
export function annotationOf(image: string): string {
  return join(dirname(image), `${basename(image, extname(image))}.xml`);
}
