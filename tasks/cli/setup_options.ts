/**
 * The command line of `deno task setup`.
 *
 * @module
 */
import type { Command } from "./help.ts";
import { flag, group } from "./option_kinds.ts";
import { UsageError } from "./usage_error.ts";

const setupOptions = {
  ...group("Build", {
    gpu: flag({
      help: "the build with CUDA; without either flag, where an NVIDIA driver is found",
    }),
    cpu: flag({ help: "the build without CUDA" }),
  }),
  ...group("What is there already", {
    verify: flag({ help: "fetch nothing: read every file, and compare it with its pinned digest" }),
    force: flag({ help: "fetch it anew, even where it is there" }),
  }),
};

/** `deno task setup`: its options, with the checks between them, and its help. */
export const setupCommand: Command<typeof setupOptions> = {
  name: "setup",
  summary: "Fetches libtensorflow into the cache, once. The other tasks do so too when they need " +
    "it. ATTENTION_TRANSFER_LIBTENSORFLOW names a library of your own (a file, or a folder that " +
    "holds one), ATTENTION_TRANSFER_CACHE the cache folder; pip's own settings hold too.",
  options: setupOptions,
  check: ({ gpu, cpu, verify, force }) => {
    if (gpu && cpu) throw new UsageError("Cannot use --gpu and --cpu together: leave one away");
    if (verify && force) {
      throw new UsageError("--verify only looks, and --force fetches: leave one away");
    }
  },
  examples: ["deno task setup", "deno task setup --cpu", "deno task setup --verify"],
};
