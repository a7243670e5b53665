/**
 * What a command line says, as far as permissions depend on it. Whether it is right, the task itself
 * says.
 *
 * @module
 */
import type { Access } from "../cli/access.ts";
import { snakeCase, splitCommandLine } from "../cli/flags.ts";
import type { Option, OptionTable } from "../cli/option_kinds.ts";
import { restoreOptions } from "../cli/training_options.ts";

/** The texts of a command's options. */
export interface Texts {
  /** The text of an option, given or by default; undefined where it has none. */
  text(key: string): string | undefined;
  /** What the texts name. */
  readonly accesses: readonly Access[];
}

/** Reads a command line, and where it resumes a run, the options of that. */
export async function readTexts(
  table: OptionTable,
  args: readonly string[],
): Promise<Texts> {
  const { flags, rest } = splitCommandLine(table, args);
  const given = new Map(flags.map(({ option, value }) => [option, value]));
  const places = Object.values(table).filter(({ positional }) => positional);
  for (const [i, option] of places.entries()) given.set(option, rest[i]);
  const resume = given.get(table.resume);
  // Where they cannot be had, the task itself says why.
  const restored = await restoreOptions({ resume }).catch(() => undefined);

  const text = (key: string): string | undefined => {
    const option: Option<unknown> | undefined = table[key];
    const value = given.get(option) ?? restored?.[snakeCase(key)] ?? option?.default;
    return value === undefined || value === "" ? undefined : String(value);
  };
  const accesses = Object.entries(table).flatMap(([key, { access }]) => {
    const value = text(key);
    return access && value !== undefined ? [access(value)] : [];
  });
  return { text, accesses };
}
