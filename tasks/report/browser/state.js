/**
 * What the page knows of the runs: their numbers, and which groups are hidden.
 *
 * @module
 */
// @ts-check

/** @typedef {{ key: string, title: string, unit: string, table: "epochs" | "steps", isLoss: boolean, digits: number }} Metric */
/** @typedef {Record<string, (number | null)[]>} Columns */
/** @typedef {{ from: number, columns: Columns }} TablePart */
/** @typedef {{ id: number, name: string, group: number }} RunName */
/** @typedef {RunName & { epochs: Columns, steps: Columns }} Run */
/** @typedef {RunName & { epochs?: TablePart, steps?: TablePart }} RunPart */
/** @typedef {{ metrics: Metric[], groups: string[], runs: RunPart[], html?: Record<string, string> }} PageData */

/** @type {Run[]} */
export let runs = [];
/** @type {Metric[]} */
export let metrics = [];
/** The names of the groups. @type {string[]} */
export let groups = [];
/** The names of the groups that are not shown. @type {Set<string>} */
export const hidden = new Set();

/**
 * Takes all that the server or the page says, or only what is new.
 *
 * @param {PageData} data
 */
export function take(data) {
  const known = new Map(runs.map((run) => [run.id, run]));
  runs = data.runs.map(({ id, name, group, epochs, steps }) => ({
    ...{ id, name, group },
    epochs: merged(known.get(id)?.epochs, epochs),
    steps: merged(known.get(id)?.steps, steps),
  }));
  [metrics, groups] = [data.metrics, data.groups];
}

/**
 * Columns whose rows from `part.from` on are replaced.
 *
 * @param {Columns | undefined} before
 * @param {TablePart | undefined} part
 * @returns {Columns}
 */
export function merged(before = {}, part = undefined) {
  if (part === undefined) return before;
  const added = Object.values(part.columns)[0]?.length ?? 0;
  /** @type {Columns} */
  const columns = {};
  for (const key of new Set([...Object.keys(before), ...Object.keys(part.columns)])) {
    const kept = (before[key] ?? []).slice(0, part.from);
    while (kept.length < part.from) kept.push(null);
    columns[key] = kept.concat(part.columns[key] ?? Array(added).fill(null));
  }
  return columns;
}

/** The runs of the groups that are shown. */
export function shownRuns() {
  return runs.filter(({ group }) => !hidden.has(groups[group] ?? ""));
}
