/**
 * The file of `deno task bench --gpu`.
 *
 * @module
 */
import { writeWhole } from "../../../lib/files.ts";

/** Something that a section found, in words and numbers. */
export type Finding = Readonly<Record<string, unknown>>;

/** What became of a section. */
export interface SectionReport {
  /** `cut off`: its time was over. `left out`: there was no time for it. */
  readonly state: "done" | "failed" | "cut off" | "left out";
  /** Why it is not done. */
  readonly reason?: string;
  readonly seconds: number;
  /** The seconds that it was given. */
  readonly limit: number;
  /** Also those that it had before it failed. */
  readonly findings: readonly Finding[];
  /** The last lines that it wrote, where they may explain something. */
  readonly words?: readonly string[];
}

/** All that is known so far. */
export interface GpuReport {
  /** When the command started, such as `2026-01-31T12:00:00.000Z`. */
  readonly started: string;
  readonly machine: Readonly<Record<string, unknown>>;
  /** Where the steps ran. */
  device: "GPU" | "CPU" | "not known yet";
  /** The name of the card, where there is one. */
  card: string | null;
  /** Seconds for everything, and those that passed. */
  readonly budget: number;
  seconds: number;
  /** What is smaller than on a GPU. */
  smaller: readonly string[];
  /** By their names, in the order in which they ran. */
  readonly sections: Record<string, SectionReport>;
}

/**
 * Writes the whole file anew, so that a command that is killed loses at most the running section.
 *
 * @throws {UserError} If it cannot.
 */
export async function writeReport(path: string, report: GpuReport): Promise<void> {
  await writeWhole(path, JSON.stringify(report, null, 2) + "\n");
}
