/**
 * Names for runs and groups, from the paths of their folders.
 *
 * @module
 */
import { basename } from "@std/path";

/** The shortest ends of paths that tell them apart: `a/run` and `b/run`, but `other`. */
export function distinctNames(paths: readonly string[]): string[] {
  const parts = paths.map((path) => path.split(/[\\/]+/).filter((part) => part !== ""));
  return parts.map((own, i) => {
    const others = parts.filter((_, j) => j !== i);
    for (let count = 1; count <= own.length; count++) {
      const end = own.slice(-count).join("/");
      if (!others.some((other) => other.slice(-count).join("/") === end)) return end;
    }
    return paths[i] as string;
  });
}

/** A run of a group. */
interface Named {
  readonly name: string;
  readonly seed: number | undefined;
}

/** The names of groups: what the names of a group's runs have in common, without the seed. */
export function groupNames(groups: readonly (readonly Named[])[]): string[] {
  const short = groups.map(shortName);
  return short.map((name, i) =>
    short.some((other, j) => j !== i && other === name) ? (groups[i]?.[0]?.name ?? name) : name
  );
}

function shortName(runs: readonly Named[]): string {
  const stems = runs.map(({ name, seed }) => withoutSeed(name, seed));
  const [first = "", ...others] = stems;
  if (others.every((stem) => stem === first)) return first;
  const folders = new Set(stems.map((stem) => stem.slice(0, -basename(stem).length)));
  const common = folders.size === 1 ? commonStart(stems).replace(/[-_. /]+$/, "") : "";
  return common === "" ? `${first} and ${others.length} more` : common;
}

/** `at-2` as `at`, if the run's seed is 2. */
function withoutSeed(name: string, seed: number | undefined): string {
  if (seed === undefined) return name;
  const stem = name.replace(new RegExp(`[-_.]?(?:s|seed)?[-_.]?${seed}$`), "");
  return stem === "" || stem.endsWith("/") ? name : stem;
}

function commonStart(texts: readonly string[]): string {
  const [first = ""] = texts;
  let length = first.length;
  for (const text of texts) while (!text.startsWith(first.slice(0, length))) length--;
  return first.slice(0, length);
}
