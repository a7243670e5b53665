/**
 * The attention losses of an epoch, in the format of the original code's log.
 *
 * @module
 */
import { methodFacts } from "../../lib/methods/table.ts";

/** The attention loss of each pair, from the mean values of the loss terms. */
export function attentionLosses(terms: Readonly<Record<string, number>>): number[] {
  const prefix = `${methodFacts("beta").term}_`;
  return Object.entries(terms)
    .filter(([name]) => name.startsWith(prefix))
    .map(([, value]) => value);
}
