/**
 * The options of a resumed run: checks them, and says which may change.
 *
 * @module
 */
import { printable, UserError } from "../../lib/errors.ts";
import type { Json, JsonObject } from "../../lib/json.ts";
import { flagName, flagWithValue, snakeCase } from "./flags.ts";
import type { Option, OptionTable } from "./option_kinds.ts";
import { shellWord } from "./shell.ts";
import { attentionOf, groupNumbers } from "./transfer_options.ts";

/** The options of a run, in the form of its log. */
export type LoggedOptions = JsonObject;

/** Options of one start of the program, not of the run that it may continue. */
export const ofTheStart: readonly string[] = [
  ...["save", "init", "finetune", "resume", "evaluate", "params", "max_steps"],
  ...["engine", "threads", "ngpu", "gpu_id", "profile", "workers", "hosts", "rank"],
  ...["worker_timeout", "restarts", "json"],
  // These are programs to run: not to be named by a stranger's folder.
  ...["model", "teacher_model"],
];

/** Options that may differ between workers: of the start, and of where each finds its files. */
export const ofOneWorker: readonly string[] = [
  ...ofTheStart.filter((name) => name !== "max_steps"),
  ...["dataroot", "imagenetpath", "decode_threads"],
];

/** The flags that continue a run in a folder, with the networks of the user's own that it needs. */
export function resumeFlags(folder: string, logged: LoggedOptions): string {
  const networks = ["model", "teacher_model"].flatMap((name) => {
    const file = logged[name];
    return typeof file === "string" ? [flagName(name), shellWord(file)] : [];
  });
  return ["--resume", shellWord(folder), ...networks].join(" ");
}

/** The options that say where the teacher is. Its digest identifies it. */
export const teacherOptions: readonly string[] = ["teacher_id", "teacher_params"];

/** The teacher as a log names it: a path, or a name under `logs/`; undefined for a run without one. */
export function teacherIn({ teacher_params, teacher_id }: LoggedOptions): string | undefined {
  const name = teacher_params ?? teacher_id;
  // The original code logs an empty name for none.
  return typeof name === "string" && name !== "" ? name : undefined;
}

/**
 * Options that older logs lack, with the values that such a run was trained with: not the defaults,
 * which may change one day.
 */
export const cameLater: LoggedOptions = {
  lr_schedule: "step",
  lr_end: 0,
  lr_scale: "none",
  warmup: 0,
  weight_decay_on: "all",
  clip_norm: null,
  label_smoothing: 0,
  mixup: 0,
  cutmix: 0,
  mix_probability: 1,
  ema: null,
  keep_best: false,
  early_stop: null,
  sync_batchnorm: false,
  summaries: false,
  ...{ correlation_beta: 0, class_attention_beta: 0, review_beta: 0 },
  ...{ standardize_logits: false, kd_weight: null, method_warmup: null, method_stop: null },
  network: "wrn",
  decoupled_others: 8,
};

/** Options that may change at any step, because they change no step's result. */
export const atAnyStep: readonly string[] = [
  ...["dataroot", "imagenetpath", "decode_threads", "resize"],
  ...["checkpoint_every", "keep", "on_nan", "log_steps", "log_terms", "summaries"],
];

/**
 * Checks a checkpoint's options like those of a command line: they may come from a stranger.
 *
 * @param source Where they come from, for the message.
 * @throws {UserError} If a command line could not give one of them.
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

/** True if some text gives the option this value. */
function canBeGiven(value: Json, option: Option<unknown>): boolean {
  if (value === null) return option.default === undefined;
  const written = JSON.stringify(value);
  const text = typeof value === "string" ? value : written;
  // Control characters may be commands to a terminal.
  return /^[^\p{Cc}\u2028\u2029]+$/u.test(text) && JSON.stringify(option.parse(text)) === written;
}

/** An option whose value changed. */
export interface OptionChange {
  /** Its name in the log: `batch_size`. */
  name: string;
  /** Both values, as flags: `--batch-size 64 in place of 128`. */
  text: string;
  /** True if it may change within an epoch. */
  atAnyStep: boolean;
}

/** The options of a run that changed. Options of the start of the program are not part of it. */
export function changedOptions(logged: LoggedOptions, now: LoggedOptions): OptionChange[] {
  const before = { ...cameLater, ...logged };
  return Object.keys(now)
    .filter((name) => Object.hasOwn(before, name) && !ofTheStart.includes(name))
    .filter((name) => meaningOf(name, before[name]) !== meaningOf(name, now[name]))
    .map((name) => ({
      name,
      text: inPlaceOf(name, now[name], before[name]),
      atAnyStep: atAnyStep.includes(name) || name === "epochs" && !dependsOnEpochs(now),
    }));
}

/** True if a weight or the learning rate changes over the whole run, so differs in a longer one. */
function dependsOnEpochs({ beta_decay, lr_schedule }: LoggedOptions): boolean {
  return beta_decay !== "none" || lr_schedule !== "step";
}

/** A value's meaning, however written: `sum` equals `sum1`, and `0:0,2:1` equals `[0, 2:1]`. */
export function meaningOf(name: string, value: Json | undefined): string | undefined {
  if (name === "at_map" && typeof value === "string") return JSON.stringify(attentionOf(value));
  if (name === "at_groups" && typeof value === "string") return JSON.stringify(groupNumbers(value));
  if (name === "at_weights" && Array.isArray(value) && value.every((weight) => weight === 1)) {
    return JSON.stringify(null); // same as no weights
  }
  return JSON.stringify(value);
}

/** Both values of an option: a flag's are themselves flags. */
function inPlaceOf(name: string, now: Json | undefined, before: Json | undefined): string {
  const first = flagWithValue(name, typeof now === "boolean" ? now : shown(now));
  const second = typeof before === "boolean" ? flagWithValue(name, before) : shown(before);
  return `${first} in place of ${second}`;
}

function shown(value: Json | undefined): string {
  if (Array.isArray(value)) return printable(value.join(",")) || "[]";
  return printable(String(value ?? "(none)"));
}
