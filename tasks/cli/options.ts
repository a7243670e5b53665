/**
 * Reads a command line with a table of options: any spelling of a flag, typed values, and a
 * one-line error for each mistake.
 *
 * @module
 */
import { parseArgs } from "@std/cli/parse-args";
import { nearNames } from "./near_names.ts";
import type { Json, JsonObject } from "../../lib/json.ts";
import { type CommandLine, kebabCase, snakeCase, splitCommandLine } from "./flags.ts";
import { keepGiven } from "./given.ts";
import {
  anyOf,
  defaultArgument,
  type Option,
  type OptionTable,
  type OptionValues,
} from "./option_kinds.ts";
import { UsageError } from "./usage_error.ts";

/**
 * Reads a command line.
 *
 * Flags are kebab-case; snake_case and camelCase are accepted too (`--epoch_step`). A value follows
 * its flag or an equals sign. If a flag is given twice, the last value is used.
 *
 * @param note Receives each note, for example that a flag has no effect.
 * @returns A value for each option of the table that is not ignored.
 * @throws {UsageError} If a flag is unknown, a value missing or wrong, or an argument has no flag.
 */
export function parseOptions<T extends OptionTable>(
  table: T,
  args: readonly string[],
  note: (line: string) => void = console.error,
): OptionValues<T> {
  const entries = Object.entries(table);
  const flags = entries.filter(([, { positional }]) => !positional).map(([key]) => kebabCase(key));
  const given: Readonly<Record<string, unknown>> & { readonly _: readonly unknown[] } = parseArgs(
    joinValues(flags, splitCommandLine(table, args)),
    { string: [...flags, "_"] },
  );
  const left = given._.map(String);
  const values: Record<string, unknown> = {};
  const chosen = new Set<string>();
  for (const [key, option] of entries) {
    if (option.positional) {
      const first = takeArgument(option, left);
      values[key] = option.many ? [first, ...left.splice(0)] : first;
      continue;
    }
    const name = kebabCase(key);
    const text = given[name] as string | undefined;
    const value = text === undefined ? option.default : readValue(name, option, text);
    if (text !== undefined && value !== false) chosen.add(key); // --flag=false asks for nothing
    if (!option.ignored) values[key] = value;
    else if (text !== undefined) note(`note: --${name} has no effect here: ${option.help}`);
  }
  if (left.length > 0) throw new UsageError(`unexpected argument "${left[0]}"; see --help`);
  keepGiven(values, chosen);
  return values as OptionValues<T>;
}

/** The table with other defaults, given in the form of a log; see {@linkcode toLog}. */
export function withDefaults<T extends OptionTable>(table: T, logged: JsonObject): T {
  const entries = Object.entries(table).map(([key, option]) => {
    const value = logged[snakeCase(key)];
    return [key, value === undefined ? option : { ...option, default: value ?? undefined }];
  });
  return Object.fromEntries(entries) as T;
}

/**
 * The values in the form of a log: snake_case keys, as in the original code, and null for no value.
 */
export function toLog(values: Readonly<Record<string, Json | undefined>>): Record<string, Json> {
  return Object.fromEntries(
    Object.entries(values).map(([key, value]) => [snakeCase(key), value ?? null]),
  );
}

/**
 * Writes every flag as `--kebab-case=value`: parseArgs accepts no value that starts with a minus,
 * and cannot tell a missing value from an empty one.
 */
function joinValues(known: readonly string[], { flags, rest }: CommandLine): string[] {
  const joined = flags.map(({ typed, name, option, value }) => {
    if (option === undefined) throw unknownOption(known, typed, name);
    if (!value) throw new UsageError(`--${name} needs a value: ${option.allowed}; see --help`);
    return `--${name}=${value}`;
  });
  return [...joined, "--", ...rest];
}

function takeArgument(option: Option<unknown>, left: string[]): unknown {
  const { placeholder } = option;
  const argument = left.shift() ?? defaultArgument(option);
  if (argument === undefined) throw new UsageError(`${placeholder} is missing; see --help`);
  return argument;
}

function readValue(name: string, option: Option<unknown>, text: string): unknown {
  const value = option.parse(text);
  if (value !== undefined) return value;
  const near = anyOf(nearNames(text, option.names ?? []));
  const advice = near === "" ? "see --help" : `did you mean ${near}? See --help`;
  throw new UsageError(`--${name} must be ${option.allowed}, not "${text}"; ${advice}`);
}

function unknownOption(flags: readonly string[], typed: string, name: string): UsageError {
  const [meant] = nearNames(name, ["help", ...flags]);
  return new UsageError(
    meant === undefined
      ? `unknown option ${typed}; see --help`
      : `unknown option ${typed}; did you mean --${meant}? See --help`,
  );
}
