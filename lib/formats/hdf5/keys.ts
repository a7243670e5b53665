/**
 * The keys of parameters, out of the places where HDF5 files have them.
 *
 * hickle (https://github.com/telegraphic/hickle) writes a dictionary of arrays in
 * the layout of its version:
 *
 * | hickle | an array `conv0.weight` | beside it |
 * |---|---|---|
 * | 1 | `/data/conv0.weight` | `/type` and `/data/_conv0.weight`, which name types |
 * | 2 | `/data_0/conv0.weight/data_0` | |
 * | 3 | `/data_0/'conv0.weight'/data_0` | |
 * | 4 | `/data/'conv0.weight'/data` | |
 * | 5 | `/data/"conv0.weight"` | `/hickle_types_table` |
 *
 * @module
 */

/** How the keys of a file lie in it. `plain` is every file that hickle did not write. */
export type Layout = "plain" | "hickle1" | "hickle2" | "hickle4";

/** Tells the layout of a file from what its root has. */
export function findLayout(attributes: string[], names: string[]): Layout {
  if (attributes.includes("HICKLE_VERSION")) return "hickle4";
  if (attributes.includes("CLASS") && attributes.includes("VERSION")) return "hickle2";
  if (String(names) === "data_0") return "hickle2"; // a copy that lost the attributes
  const isFirst = names.length === 2 && names.includes("data") && names.includes("type");
  return isFirst ? "hickle1" : "plain";
}

/**
 * The key of what lies at the end of these names, joined by dots. Undefined where hickle has it for
 * itself; empty where the file is a single array, without a dictionary around it.
 */
export function keyOf(names: string[], layout: Layout): string | undefined {
  // Nobody but hickle writes quotes, so a file that has been copied out of hickle's is read too.
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

/** `conv0.weight` of `'conv0.weight'`, `"conv0.weight"`, or `u'conv0.weight'` as Python 2 has it. */
function unquote(name: string): string {
  return /^[bu]?(['"])(.*)\1$/s.exec(name)?.[2] ?? name;
}
