/**
 * Makes the text of `--help` from a command's table of options.
 *
 * @module
 */
import {
  defaultArgument,
  type Option,
  type OptionTable,
  type OptionValues,
} from "./option_kinds.ts";
import type { JsonObject } from "../../lib/json.ts";
import { flagName } from "./flags.ts";

/** A command of the project: `deno task NAME`. */
export interface Command<T extends OptionTable> {
  /** The name of the task. */
  readonly name: string;
  /** What it does, in a sentence or two. */
  readonly summary: string;
  /** What it accepts. */
  readonly options: T;
  /** Throws a UsageError if the values do not fit together. */
  readonly check?: (values: OptionValues<T>) => void;
  /**
   * Values that replace the defaults, with their names in the log: those of a recipe, or of an
   * earlier run that this one continues. Undefined if there are none.
   */
  readonly defaults?: (values: OptionValues<T>) => Promise<JsonObject | undefined>;
  /** Command lines to copy. */
  readonly examples: readonly string[];
}

const lineWidth = 80;
const helpColumn = 27;

/** The help of a command, in 80 columns: usage, options under their headings, examples. */
export function helpText<T extends OptionTable>(command: Command<T>): string {
  const options = Object.entries(command.options);
  const places = options.flatMap(([, option]) => {
    if (!option.positional) return [];
    return defaultArgument(option) ? [`[${option.placeholder}]`] : [option.placeholder];
  });
  const headings = new Set(options.map(([, { heading = "Options" }]) => heading));
  const sections = [...headings].map((heading) => {
    const under = options.filter(([, option]) => (option.heading ?? "Options") === heading);
    return [`${heading}:`, ...under.flatMap(([key, option]) => optionLines(key, option))];
  });
  return [
    `Usage: ${["deno task", command.name, ...places, "[options]"].join(" ")}`,
    "",
    ...wrap(command.summary.split(" "), lineWidth),
    "",
    ...sections.flatMap((lines) => [...lines, ""]),
    ...columns("  -h, --help", ["print", "this", "and", "stop"]),
    "",
    "Examples:",
    ...command.examples.map(exampleText),
  ].join("\n");
}

function optionLines(key: string, option: Option<unknown>): string[] {
  const { placeholder, positional, help } = option;
  const name = positional ? placeholder : `${flagName(key)} ${placeholder}`;
  return columns(`  ${name}`, [...help.split(" "), ...defaultWords(option)]);
}

function defaultWords({ default: value, placeholder, positional }: Option<unknown>): string[] {
  const isShown = value !== undefined && placeholder !== "" && !positional;
  return isShown ? [`(default ${value})`] : [];
}

function columns(left: string, words: readonly string[]): string[] {
  const lines = wrap(words, lineWidth - helpColumn).map((line) => " ".repeat(helpColumn) + line);
  if (left.trimEnd().length + 2 > helpColumn) return [left.trimEnd(), ...lines];
  return [left.padEnd(helpColumn) + lines[0]!.trimStart(), ...lines.slice(1)];
}

/** A command line, broken before a flag if it is too long. */
function exampleText(command: string): string {
  const lines = wrap(command.split(/ (?=--)/), lineWidth - 8);
  return `  ${lines.join(" \\\n      ")}`;
}

/** Lines of at most `width` characters; a longer word has a line of its own. */
export function wrap(words: readonly string[], width: number): string[] {
  const lines: string[] = [];
  for (const word of words) {
    const line = lines.at(-1);
    if (line !== undefined && line.length + 1 + word.length <= width) {
      lines[lines.length - 1] = `${line} ${word}`;
    } else {
      lines.push(word);
    }
  }
  return lines;
}
