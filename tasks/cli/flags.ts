/**
 * Splits a command line into flags and arguments, without judging whether they are right. No parser
 * accepts everything we accept (three spellings of a flag, values that start with a minus, switches
 * with `=false`, and, for the launcher, any mistake). So each flag is rewritten to one spelling
 * before parseArgs of @std/cli reads it.
 *
 * @module
 */
import type { JsonObject } from "../../lib/json.ts";
import type { Option, OptionTable } from "./option_kinds.ts";

export interface Flag {
  /** As it was typed, such as `--epoch_step`. */
  readonly typed: string;
  /** In kebab-case, without the dashes. */
  readonly name: string;
  /** The option that it sets; undefined if no option has that name. */
  readonly option: Option<unknown> | undefined;
  /** Its text; `"true"` for a switch without a value; undefined or empty if a value is missing. */
  readonly value: string | undefined;
}

export interface CommandLine {
  readonly flags: readonly Flag[];
  /** Arguments that belong to no flag. */
  readonly rest: readonly string[];
}

/** Splits a command line; the options say which flags take a value. */
export function splitCommandLine(table: OptionTable, args: readonly string[]): CommandLine {
  const options = new Map(
    Object.entries(table)
      .filter(([, option]) => !option.positional)
      .map(([key, option]) => [kebabCase(key), option]),
  );
  const flags: Flag[] = [];
  const rest: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]!;
    if (arg === "--") return { flags, rest: [...rest, ...args.slice(i + 1)] };
    if (!looksLikeFlag(arg)) {
      rest.push(arg);
      continue;
    }
    const [, typed, inline] = arg.match(/^([^=]+)(?:=(.*))?$/s) as [string, string, string?];
    const name = kebabCase(typed.replace(/^-+/, ""));
    const option = typed.startsWith("--") ? options.get(name) : undefined;
    const next = args[i + 1];
    let value = inline;
    if (value === undefined && option?.placeholder === "") {
      value = "true";
    } else if (value === undefined && option && next !== undefined && !looksLikeFlag(next)) {
      value = next;
      i++;
    }
    flags.push({ typed, name, option, value });
  }
  return { flags, rest };
}

/** The flag of an option: `epochStep` is `--epoch-step`. */
export function flagName(key: string): string {
  return `--${kebabCase(key)}`;
}

/** An option as it is given: `--lr 0.1`, `--nesterov`, `--nesterov=false`. */
export function flagWithValue(key: string, value: unknown): string {
  const flag = flagName(key);
  return value === true ? flag : value === false ? `${flag}=false` : `${flag} ${value}`;
}

/** `epochStep` and `epoch_step` as `epoch-step`. */
export function kebabCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`).replaceAll("_", "-");
}

/** `epochStep` as `epoch_step`. */
export function snakeCase(name: string): string {
  return kebabCase(name).replaceAll("-", "_");
}

/** Removes a leading "--": npm users write it before a script's arguments, deno task keeps it. */
export function ownArguments(args: readonly string[]): readonly string[] {
  return args[0] === "--" ? args.slice(1) : args;
}

/** True if the command line asks for help, whatever else it says, even with a value. */
export function asksForHelp(args: readonly string[]): boolean {
  const end = args.indexOf("--");
  const flags = end < 0 ? args : args.slice(0, end);
  return flags.some((flag) => /^(-h|--help(=.*)?)$/s.test(flag));
}

/** A minus before a digit starts a negative number, not a flag. */
function looksLikeFlag(arg: string): boolean {
  return /^-[^\d.]/.test(arg);
}

/** The arguments that set options, given by their names in the log. */
export function argumentsFor(values: JsonObject): string[] {
  const args: string[] = [];
  for (const [name, value] of Object.entries(values)) {
    if (value === false) continue;
    args.push(flagName(name));
    if (value !== true) args.push(Array.isArray(value) ? value.join(",") || "[]" : String(value));
  }
  return args;
}
