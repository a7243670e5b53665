/**
 * Reads the HTML of sections.
 *
 * @module
 */

/** The texts of the cells of all table rows, headers too, still escaped. */
export function rowsOf(html: string): string[][] {
  return [...html.matchAll(/<tr>(.*?)<\/tr>/gs)].map(([, row]) =>
    [...row!.matchAll(/<t[hd][^>]*>(.*?)<\/t[hd]>/gs)].map(([, text]) => text!)
  );
}
