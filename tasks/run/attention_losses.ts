/**
 * The attention losses of an epoch, as the original's log has them.
 *
 * @module
 */
import { methodFacts } from "../../lib/methods/table.ts";

/** The attention losses, pair by pair, from the means of the terms. */
export function attentionLosses(terms: Readonly<Record<string, number>>): number[] {
  const prefix = `${methodFacts("beta").term}_`;
  return Object.entries(terms)
    .filter(([name]) => name.startsWith(prefix))
    .map(([, value]) => value);
}
