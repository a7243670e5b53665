/**
 * The command line of `deno task doctor`.
 *
 * @module
 */
import type { Command } from "./help.ts";
import { writesFolder } from "./access.ts";
import { flag, group, type OptionValues, path } from "./option_kinds.ts";
import { trainingOptions } from "./training_options.ts";

const { engine, threads, ngpu } = trainingOptions;

const doctorOptions = {
  ...group("Same as for training", {
    engine,
    threads,
    ngpu,
    dataroot: path({
      default: "data",
      placeholder: "DIR",
      help: "folder of the data sets",
      access: writesFolder,
    }),
  }),
  ...group("Output", {
    json: flag({ help: "write the report as JSON" }),
  }),
};

export type DoctorOptions = OptionValues<typeof doctorOptions>;

export const doctorCommand: Command<typeof doctorOptions> = {
  name: "doctor",
  summary: "Checks this machine: which engine is used and why, how fast it is, what is " +
    "missing, and how to fix it. Downloads nothing. The exit code is 0 if training " +
    "can work, else 1.",
  options: doctorOptions,
  examples: [
    "deno task doctor",
    "deno task doctor --ngpu 0 --threads 2",
    "deno task doctor --json",
  ],
};
