/**
 * `deno task setup`: fetches libtensorflow into the cache, and says what is used and where it lies.
 *
 * @module
 */
import { provision } from "../lib/engine/provision/provision.ts";
import { useTensorFlow } from "../lib/engine/use_tensorflow.ts";
import type { Command } from "./cli/help.ts";
import { runCommand } from "./cli/main.ts";
import { flag, group, type OptionValues } from "./cli/option_kinds.ts";
import { UsageError } from "./cli/options.ts";

const options = {
  ...group("Build", {
    gpu: flag({
      help: "the build with CUDA; without either flag, where an NVIDIA driver is found",
    }),
    cpu: flag({ help: "the build without CUDA" }),
  }),
};

const command: Command<typeof options> = {
  name: "setup",
  summary: "Fetches libtensorflow into the cache, once. The other tasks do so too when they need " +
    "it. ATTENTION_TRANSFER_LIBTENSORFLOW names a library of your own (a file, or a folder that " +
    "holds one), ATTENTION_TRANSFER_CACHE the cache folder; pip's own settings hold too.",
  options,
  check: ({ gpu, cpu }) => {
    if (gpu && cpu) throw new UsageError("Cannot use --gpu and --cpu together: leave one away");
  },
  examples: ["deno task setup", "deno task setup --cpu"],
};

async function setUp({ gpu, cpu }: OptionValues<typeof options>): Promise<void> {
  const build = { gpu: gpu ? true : cpu ? false : undefined };
  const { path, source } = await provision(build);
  // Only running it shows that the library works here, and on which device.
  const { version, device } = await useTensorFlow(build);
  const megabytes = (Deno.statSync(path).size / 1e6).toFixed(0);
  console.log(`library: ${path} (${megabytes} MB)`);
  console.log(`version: ${version}`);
  console.log(`device:  ${device}`);
  console.log(`source:  ${source}`);
}

await runCommand(command, setUp);
