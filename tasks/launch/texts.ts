/**
 * Reads from a command line what permissions depend on. The task itself checks that it is valid.
 *
 * @module
 */
import type { Access } from "../cli/access.ts";
import { snakeCase, splitCommandLine } from "../cli/flags.ts";
import type { Option, OptionTable } from "../cli/option_kinds.ts";
import { recipeValues } from "../cli/recipes.ts";
import { restoreOptions } from "../cli/training_options.ts";

/** The values of a command's options, as text. */
export interface Texts {
  /** An option's text, given or default; undefined if it has none. */
  text(key: string): string | undefined;
  /** True if the value is not given or the default, but from the resumed run's checkpoint. */
  isFromCheckpoint(key: string): boolean;
  /** The files that the values name. */
  readonly accesses: readonly Access[];
}

/** Reads a command line, the options of a run that it resumes, and those of its recipe. */
export async function readTexts(
  table: OptionTable,
  args: readonly string[],
): Promise<Texts> {
  const { flags, rest } = splitCommandLine(table, args);
  const given = new Map(flags.map(({ option, value }) => [option, value]));
  const places = Object.values(table).filter(({ positional }) => positional);
  for (const [i, option] of places.entries()) given.set(option, rest[i]);
  const resume = table.resume && given.get(table.resume);
  // If they cannot be read, the task itself says why.
  const restored = await restoreOptions(table, { resume }).catch(() => undefined);

  const recipe = table.recipe && recipeValues(given.get(table.recipe) ?? "");

  const text = (key: string): string | undefined => {
    const option: Option<unknown> | undefined = table[key];
    const otherwise = { ...recipe, ...restored }[snakeCase(key)] ?? option?.default;
    return asText(given.get(option) ?? otherwise);
  };
  const isFromCheckpoint = (key: string): boolean =>
    given.get(table[key]) === undefined && text(key) !== asText(table[key]?.default);
  const accesses = Object.entries(table).flatMap(([key, option]) => {
    const { access, many } = option;
    const value = text(key);
    const values = many ? rest.slice(places.indexOf(option)) : value === undefined ? [] : [value];
    return access ? values.map(access) : [];
  });
  return { text, isFromCheckpoint, accesses };
}

function asText(value: unknown): string | undefined {
  return value === undefined || value === "" ? undefined : String(value);
}
