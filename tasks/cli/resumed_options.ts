/**
 * The options that a run was started with: whether they are to be believed, and which may differ when
 * it goes on.
 *
 * @module
 */
import { printable, UserError } from "../../lib/errors.ts";
import type { Json } from "../../lib/json.ts";
import { flagName, snakeCase } from "./flags.ts";
import type { Option, OptionTable } from "./option_kinds.ts";
import { attentionOf, groupNumbers } from "./transfer_options.ts";

/** The options of a run, as its log has them. */
export type LoggedOptions = Readonly<Record<string, Json>>;

/** Options that belong to a start of the program, and not to the run that it may go on with. */
export const ofTheStart: readonly string[] = [
  ...["save", "init", "finetune", "resume", "evaluate", "params", "max_steps"],
  ...["engine", "threads", "ngpu", "profile"],
];

/** The options that say where the teacher lies: what it is, its digest says. */
export const namesTeacher: readonly string[] = ["teacher_id", "teacher_params"];

/** Options that may change at any step: no step computes anything else for them. */
export const atAnyStep: readonly string[] = [
  ...["dataroot", "imagenetpath", "decode_threads", "resize"],
  ...["checkpoint_every", "keep", "on_nan", "log_steps", "log_terms"],
];

/**
 * Checks options out of a checkpoint, which may be a stranger's, as if they stood on a command line.
 *
 * @param source what they are out of, for the message.
 * @throws {UserError} If no command line could say one of them.
 */
export function checkLogged(table: OptionTable, logged: LoggedOptions, source: string): void {
  for (const [key, option] of Object.entries(table)) {
    const name = snakeCase(key);
    const value = Object.hasOwn(logged, name) ? logged[name] : undefined;
    if (value === undefined || canBeGiven(value, option)) continue;
    throw new UserError(
      `Cannot use the options in ${source}: ${name} must be ${option.allowed}, not ` +
        `${printable(JSON.stringify(value))}; it is damaged, or of another task`,
    );
  }
}

/** Whether a text gives the option this value. */
function canBeGiven(value: Json, option: Option<unknown>): boolean {
  if (value === null) return option.default === undefined;
  const written = JSON.stringify(value);
  const text = typeof value === "string" ? value : written;
  // A terminal may take control characters for orders.
  return /^[^\p{Cc}\u2028\u2029]+$/u.test(text) && JSON.stringify(option.parse(text)) === written;
}

/** An option that differs. */
export interface OptionChange {
  /** As the log has it: `batch_size`. */
  name: string;
  /** Both values, as flags have them: `--batch-size 64 in place of 128`. */
  text: string;
  /** Whether it may change within an epoch. */
  atAnyStep: boolean;
}

/** The options of a run that differ from before; those of the start of the program are no part of it. */
export function changedOptions(before: LoggedOptions, now: LoggedOptions): OptionChange[] {
  return Object.keys(now)
    .filter((name) => Object.hasOwn(before, name) && !ofTheStart.includes(name))
    .filter((name) => meaning(name, before[name]) !== meaning(name, now[name]))
    .map((name) => ({
      name,
      text: `${flagName(name)} ${shown(now[name])} in place of ${shown(before[name])}`,
      // A weight that decays over the run is another one where the run is longer.
      atAnyStep: atAnyStep.includes(name) || name === "epochs" && now.beta_decay === "none",
    }));
}

/** What a value says, however it is written: `sum` is `sum1`, and `0:0,2:1` is `[0, 2:1]`. */
function meaning(name: string, value: Json | undefined): string | undefined {
  if (name === "at_map" && typeof value === "string") return JSON.stringify(attentionOf(value));
  if (name === "at_groups" && typeof value === "string") return JSON.stringify(groupNumbers(value));
  if (name === "at_weights" && Array.isArray(value) && value.every((weight) => weight === 1)) {
    return JSON.stringify(null); // as without weights
  }
  return JSON.stringify(value);
}

function shown(value: Json | undefined): string {
  if (Array.isArray(value)) return printable(value.join(",")) || "[]";
  return printable(String(value ?? "(none)"));
}
