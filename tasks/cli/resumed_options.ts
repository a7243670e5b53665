/**
 * Which options a run may go on with that differ from those it was started with.
 *
 * @module
 */
import type { Json } from "../../lib/training/run_log.ts";
import { flagName } from "./flags.ts";

/** The options of a run, as its log has them. */
export type LoggedOptions = Readonly<Record<string, Json>>;

/** Options that belong to a start of the program, and not to the run that it may go on with. */
export const ofTheStart: readonly string[] = [
  ...["save", "init", "finetune", "resume", "evaluate", "params", "max_steps"],
  ...["engine", "threads", "ngpu", "profile"],
];

/** Options that may change at any step: no step computes anything else for them. */
const atAnyStep: readonly string[] = [
  ...["dataroot", "imagenetpath", "decode_threads", "resize"],
  ...["checkpoint_every", "keep", "on_nan", "log_steps", "log_terms"],
];

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
    .filter((name) => name in before && !ofTheStart.includes(name))
    .filter((name) => JSON.stringify(before[name]) !== JSON.stringify(now[name]))
    .map((name) => ({
      name,
      text: `${flagName(name)} ${shown(now[name])} in place of ${shown(before[name])}`,
      // A weight that decays over the run is another one where the run is longer.
      atAnyStep: atAnyStep.includes(name) || name === "epochs" && now.beta_decay === "none",
    }));
}

function shown(value: Json | undefined): string {
  if (Array.isArray(value)) return value.join(",") || "[]";
  return String(value ?? "(none)");
}
