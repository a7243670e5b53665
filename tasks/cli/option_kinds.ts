/**
 * The kinds of command-line options. A table of options defines a command's values and types.
 *
 * @module
 */
import type { Access } from "./access.ts";

/** One option of a command. */
export interface Option<T> {
  /** What the option means, for the help: a phrase without a full stop. */
  readonly help: string;
  /** Its heading in the help; see {@linkcode group}. */
  readonly heading?: string;
  /** Stands for the value in the help, such as `N`; empty for a switch. */
  readonly placeholder: string;
  /** The values allowed, to follow "must be": "a number above 0". */
  readonly allowed: string;
  /** The value when the option is not given. */
  readonly default: T;
  /** Names that a wrong value may have meant, where `allowed` does not list them. */
  readonly names?: readonly string[] | undefined;
  /** Reads a value; returns `undefined` if the text is not allowed. */
  readonly parse: (text: string) => T | undefined;
  /** Accepted so that old command lines run, but has no effect. */
  readonly ignored?: boolean;
  /** Has no flag: it is a positional argument. */
  readonly positional?: boolean;
  /** Takes all positional arguments that are left; its value is their list. */
  readonly many?: boolean;
  /** The files that the program may use if the option has this value. */
  readonly access?: (text: string) => Access;
}

/** An option that is accepted but has no effect. */
export interface IgnoredOption extends Option<undefined | string> {
  readonly ignored: true;
}

/** A table of options: keys are camelCase, flags are kebab-case. */
export type OptionTable = Readonly<Record<string, Option<unknown>>>;

/** The values of a table, typed by its options, without the ignored ones. */
export type OptionValues<T extends OptionTable> = {
  -readonly [K in keyof T as T[K] extends IgnoredOption ? never : K]: T[K]["default"];
};

/** What an option is made from. */
export interface Spec<T> {
  /** What the option means, for the help: a phrase without a full stop. */
  readonly help: string;
  /** The value when the option is not given. Default `undefined`. */
  readonly default?: T;
  /** Stands for the value in the help. */
  readonly placeholder?: string;
}

export interface Range {
  readonly min?: number;
  readonly max?: number;
  /** The value must be greater than this. */
  readonly above?: number;
}

/** A whole number, optionally of a form such as 6n + 4. */
export interface IntegerSpec extends Spec<number>, Range {
  /** A further condition, and its name to follow "a whole number": "of the form 6n + 4". */
  readonly form?: Form<number>;
}

/** The type of an option's value: never `undefined` if the spec has a default. */
type ValueOf<T, S> = S extends { readonly default: T } ? T : T | undefined;

function optionOf<T, S extends Spec<T>>(
  { help, placeholder, default: otherwise }: S,
  kind: { placeholder: string; allowed: string; parse: (text: string) => T | undefined },
): Option<ValueOf<T, S>> {
  const option: Option<T | undefined> = {
    help,
    ...kind,
    placeholder: placeholder ?? kind.placeholder,
    default: otherwise,
  };
  return option as Option<ValueOf<T, S>>;
}

/** A number: `0.1`, `1e+3`, `-2`. */
export function number<S extends Spec<number> & Range>(spec: S): Option<ValueOf<number, S>> {
  return optionOf(spec, {
    placeholder: "X",
    allowed: `a number${rangeText(spec)}`,
    parse: (text) => readNumber(text, spec),
  });
}

/** A whole number: `16`, `1e3`. */
export function integer<S extends IntegerSpec>(spec: S): Option<ValueOf<number, S>> {
  const { form } = spec;
  return optionOf(spec, {
    placeholder: "N",
    allowed: `a whole number${form ? ` ${form.says}` : rangeText(spec)}`,
    parse: (text) => {
      const value = readInteger(text, spec);
      return value !== undefined && (form?.holds(value) ?? true) ? value : undefined;
    },
  });
}

type ListSpec = Spec<readonly number[]> & Range;

/** A list of whole numbers: `60,120,160`, `[60, 120, 160]`; `[]` is the empty list. */
export function integers<S extends ListSpec>(spec: S): Option<ValueOf<readonly number[], S>> {
  return optionOf(spec, {
    placeholder: "N,N,...",
    allowed: `a list of whole numbers${rangeText(spec)}, such as 1,2,3 or "[1, 2, 3]"`,
    parse: (text) => readList(text, (item) => readInteger(item, spec)),
  });
}

/** A list of numbers: `0.5,1`, `[0.5, 1]`. */
export function numbers<S extends ListSpec>(spec: S): Option<ValueOf<readonly number[], S>> {
  return optionOf(spec, {
    placeholder: "X,X,...",
    allowed: `a list of numbers${rangeText(spec)}, such as 0.5,1,2 or "[0.5, 1, 2]"`,
    parse: (text) => readList(text, (item) => readNumber(item, spec)),
  });
}

/** A condition on a value, and its name to follow "must be". */
export interface Form<T> {
  readonly says: string;
  readonly holds: (value: T) => boolean;
}

/** Any non-empty text, optionally of a given form. */
export interface TextSpec extends Spec<string> {
  readonly form?: Form<string>;
  /** All names that it takes, to name the nearest ones where a value is none of them. */
  readonly names?: readonly string[];
}

/** A text: a name, a path, or another form. */
export function text<S extends TextSpec>(spec: S): Option<ValueOf<string, S>> {
  const { form, placeholder = "TEXT" } = spec;
  const option = optionOf<string, S>(spec, {
    placeholder,
    allowed: form?.says ?? placeholder,
    parse: (text) => form?.holds(text) ?? true ? text : undefined,
  });
  return { ...option, names: spec.names };
}

/** One or several paths, and how the program uses them. */
export interface PathSpec extends TextSpec {
  readonly access: (text: string) => Access;
}

/** An option that names files. The program may use no others. */
export function path<S extends PathSpec>(spec: S): Option<ValueOf<string, S>> {
  return { ...text(spec), access: spec.access };
}

/** One of several words. */
export function choice<const C extends string, S extends Spec<C>>(
  choices: readonly C[],
  spec: S,
): Option<ValueOf<C, S>> {
  const { help } = spec;
  return optionOf<C, S>({ ...spec, help: `${help}: ${anyOf(choices)}` }, {
    placeholder: "NAME",
    allowed: anyOf(choices),
    parse: (text) => choices.find((choice) => choice === text),
  });
}

/** A switch: true if the flag is given, otherwise false. */
export function flag({ help }: { readonly help: string }): Option<boolean> {
  return {
    help,
    placeholder: "",
    allowed: "true or false",
    default: false,
    parse: (text) => text === "true" ? true : text === "false" ? false : undefined,
  };
}

/**
 * An option that is accepted with a note that it has no effect. Without `placeholder` it is a
 * switch; without `only` it takes any value.
 */
export function ignored(
  { help, placeholder = "", only }: {
    readonly help: string;
    readonly placeholder?: string;
    readonly only?: readonly string[];
  },
): IgnoredOption {
  return {
    help,
    placeholder,
    allowed: only ? anyOf(only) : "any value",
    default: undefined,
    parse: (text) => only === undefined || only.includes(text) ? text : undefined,
    ignored: true,
  };
}

/** A positional argument, such as `IN` in `convert IN OUT`: required, unless it has a default. */
export function argument(
  { help, placeholder, default: otherwise = "", ...access }:
    & Required<Omit<Spec<string>, "default">>
    & Partial<Pick<PathSpec, "access" | "default">>,
): Option<string> {
  return {
    help,
    ...access,
    placeholder,
    allowed: placeholder,
    default: otherwise,
    parse: (text) => text,
    positional: true,
  };
}

/** What a positional argument is where none is given; undefined if it is required. */
export function defaultArgument({ default: value }: Option<unknown>): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** One or more positional arguments, such as `DIR...`; nothing can follow them but flags. */
export function argumentList(
  spec: Required<Omit<Spec<string>, "default">> & Pick<PathSpec, "access">,
): Option<readonly string[]> {
  return { ...argument(spec), default: [], parse: (text) => [text], many: true };
}

/** The same options, under a heading in the help. */
export function group<T extends OptionTable>(heading: string, options: T): T {
  const headed = Object.entries(options).map(([key, option]) => [key, { ...option, heading }]);
  return Object.fromEntries(headed) as T;
}

function readNumber(text: string, range: Range): number | undefined {
  if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text)) return undefined;
  const value = Number(text) + 0; // -0 becomes 0
  return Number.isFinite(value) && isInRange(value, range) ? value : undefined;
}

function readInteger(text: string, range: Range): number | undefined {
  const value = readNumber(text, range);
  return Number.isSafeInteger(value) ? value : undefined;
}

function readList(
  text: string,
  read: (item: string) => number | undefined,
): readonly number[] | undefined {
  const [, bracketed, bare] = text.trim().match(/^(?:\[(.*)\]|([^[\]]+))$/s) ?? [];
  const list = (bracketed ?? bare)?.trim();
  if (list === undefined) return undefined;
  const values = list === "" ? [] : list.split(/\s*,\s*|\s+/).map(read);
  return values.every((value) => value !== undefined) ? values : undefined;
}

function isInRange(value: number, { min = -Infinity, max = Infinity, above }: Range): boolean {
  return value >= min && value <= max && (above === undefined || value > above);
}

function rangeText({ min, max, above }: Range): string {
  if (min !== undefined && max !== undefined) return ` from ${min} to ${max}`;
  const bounds: string[] = [];
  if (above !== undefined) bounds.push(`above ${above}`);
  if (min !== undefined) bounds.push(`of at least ${min}`);
  if (max !== undefined) bounds.push(`of at most ${max}`);
  return bounds.length === 0 ? "" : ` ${bounds.join(" and ")}`;
}

/** `a, b or c`. */
export function anyOf(words: readonly string[]): string {
  return words.length < 2
    ? words.join()
    : `${words.slice(0, -1).join(", ")} or ${words[words.length - 1]}`;
}
