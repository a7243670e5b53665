/**
 * How the runs of a group look: colour, line and symbol tell groups apart.
 *
 * @module
 */
// @ts-check
/// <reference lib="dom" />

const symbols = ["circle", "rect", "triangle", "diamond"];
const lineTypes = ["solid", "dashed", "dotted"];
/** The number of colours `--series-0`, `--series-1` and so on of the page. */
const colorCount = 8;

/**
 * A colour of the page, which differs between light and dark.
 *
 * @param {string} name
 */
export function color(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

/** The name of a group's colour. @param {number} group */
export function colorOf(group) {
  return `--series-${group % colorCount}`;
}

/** @param {number} group */
export function lineOf(group) {
  return lineTypes[Math.floor(group / colorCount) % lineTypes.length] ?? "solid";
}

/** @param {number} group */
export function symbolOf(group) {
  return symbols[group % symbols.length];
}
