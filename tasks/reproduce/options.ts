/**
 * The command line of `deno task reproduce`.
 *
 * @module
 */
import type { Command } from "../cli/help.ts";
import { flag, group, integer, integers, type OptionValues, text } from "../cli/option_kinds.ts";

const reproduceOptions = {
  ...group("What to train", {
    table: text({
      default: "short",
      placeholder: "NAME",
      help: "table of runs: short, long, schedule, paper, cifar100, imagenet, or a .json file",
    }),
    only: text({
      placeholder: "ROW,ROW,...",
      help: "train these rows only; a teacher that they need is trained too",
    }),
    seeds: integers({ min: 0, help: "train these seeds only" }),
    list: flag({ help: "only show every run: its state, its time and its command" }),
    anyData: flag({
      help: "train on the data set that is there, even if it is another version than the table's",
    }),
  }),
  ...group("Where", {
    dataroot: text({
      placeholder: "DIR",
      help: "folder of the data set; default: as in deno task cifar; ImageNet needs one",
    }),
    runs: text({
      placeholder: "DIR",
      help: "folder of the run folders; default: logs/reproduce/NAME",
    }),
    out: text({
      default: "results",
      placeholder: "DIR",
      help: "folder of NAME.json and NAME.md; runs that it holds are not trained again",
    }),
  }),
  ...group("Machine", {
    jobs: integer({
      default: 1,
      min: 1,
      max: 64,
      help: "runs to train at the same time; each uses its share of the processor's threads",
    }),
    python: text({
      default: "python3",
      placeholder: "PROGRAM",
      help: "Python with PyTorch (pip install -r tasks/bench/requirements.txt)",
    }),
  }),
};

export type ReproduceOptions = OptionValues<typeof reproduceOptions>;

export const reproduceCommand: Command<typeof reproduceOptions> = {
  name: "reproduce",
  summary: "Trains a table of runs and writes their results. It can be stopped at any time: the " +
    "same command continues.",
  options: reproduceOptions,
  examples: [
    "deno task reproduce --list",
    "deno task reproduce --out my-results --jobs 2",
    "deno task reproduce --only alone,at --seeds 0",
    "deno task reproduce --table paper --dataroot ~/data",
  ],
};
