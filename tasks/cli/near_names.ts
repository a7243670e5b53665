/**
 * Finds the names that a mistyped one may have meant.
 *
 * @module
 */
import { closestMatch } from "leven";

/** So many names are enough for a line. */
const most = 6;

/**
 * The names that begin with the text; if none do, the closest one, unless it is far. Upper and lower
 * case are the same.
 */
export function nearNames(text: string, names: readonly string[]): string[] {
  const wanted = text.toLowerCase();
  const begun = names.filter((name) => name.toLowerCase().startsWith(wanted));
  if (begun.length > 0) return begun.slice(0, most);
  const lower = names.map((name) => name.toLowerCase());
  const maxDistance = Math.ceil(text.length / 3);
  const closest = closestMatch(wanted, lower, { maxDistance });
  return closest === undefined ? [] : [names[lower.indexOf(closest)] as string];
}
