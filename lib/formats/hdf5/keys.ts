/**
 * Derives parameter keys from paths in HDF5 files.
 *
 * hickle (https://github.com/telegraphic/hickle) writes a dictionary of arrays, in a layout that
 * depends on its version:
 *
 * | hickle | array `conv0.weight` | also in the file |
 * |---|---|---|
 * | 1 | `/data/conv0.weight` | `/type` and `/data/_conv0.weight`, which name types |
 * | 2 | `/data_0/conv0.weight/data_0` | |
 * | 3 | `/data_0/'conv0.weight'/data_0` | |
 * | 4 | `/data/'conv0.weight'/data` | |
 * | 5 | `/data/"conv0.weight"` | `/hickle_types_table` |
 *
 * @module
 */

/** The layout of a file. `plain` is any file not written by hickle. */
export type Layout = "plain" | "hickle1" | "hickle2" | "hickle4";

/** Detects the layout from the attributes and names in the root group. */
export function findLayout(attributes: string[], names: string[]): Layout {
  if (attributes.includes("HICKLE_VERSION")) return "hickle4";
  if (attributes.includes("CLASS") && attributes.includes("VERSION")) return "hickle2";
  if (String(names) === "data_0") return "hickle2"; // a copy without the attributes
  const isFirst = names.length === 2 && names.includes("data") && names.includes("type");
  return isFirst ? "hickle1" : "plain";
}

/**
 * The key of a path, joined by dots. Undefined for hickle's own entries. Empty if the file is a single
 * array without a dictionary.
 */
export function keyOf(names: string[], layout: Layout): string | undefined {
  // Only hickle writes quotes, so this also reads copies of hickle's entries in other files.
  if (layout === "plain") return names.map(unquote).join(".");
  if (layout === "hickle1") {
    const [root, ...keys] = names;
    if (root !== "data" || keys.at(-1)?.startsWith("_")) return undefined;
    return keys.join(".");
  }
  if (names[0] === "hickle_types_table") return undefined;
  const container = layout === "hickle2" ? "data_0" : "data";
  return names.filter((name) => name !== container).map(unquote).join(".");
}

/** Turns `'conv0.weight'`, `"conv0.weight"` or Python 2's `u'conv0.weight'` into `conv0.weight`. */
function unquote(name: string): string {
  return /^[bu]?(['"])(.*)\1$/s.exec(name)?.[2] ?? name;
}
