/**
 * `deno task setup`: fetches libtensorflow into the cache, and says what is used and where it lies;
 * or verifies what is there.
 *
 * @module
 */
import {
  libraryVariable,
  provision,
  type ProvisionOptions,
  verifyLibrary,
} from "../lib/provision/mod.ts";
import { useTensorFlow } from "../lib/backend/use_tensorflow.ts";
import { UserError } from "../lib/errors.ts";
import type { Command } from "./cli/help.ts";
import { runCommand } from "./cli/main.ts";
import { flag, group } from "./cli/option_kinds.ts";
import { UsageError } from "./cli/usage_error.ts";

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
const setupCommand: Command<typeof setupOptions> = {
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

await runCommand(setupCommand, async ({ gpu, cpu, verify, force }) => {
  const build = { gpu: gpu ? true : cpu ? false : undefined };
  if (verify) await verifyAll(build);
  else await setUp({ ...build, anew: force });
});

async function setUp(options: ProvisionOptions): Promise<void> {
  const { path, source } = await provision(options);
  // Only running it shows that the library works here, and on which device.
  const { version, device } = await useTensorFlow({ gpu: options.gpu });
  const megabytes = (Deno.statSync(path).size / 1e6).toFixed(0);
  console.log(`library: ${path} (${megabytes} MB)`);
  console.log(`version: ${version}`);
  console.log(`device:  ${device}`);
  console.log(`source:  ${source}`);
}

async function verifyAll(options: ProvisionOptions): Promise<void> {
  if (Deno.env.get(libraryVariable)) {
    throw new UserError(
      `Cannot verify the library that ${libraryVariable} names: it is yours, and no digest of it is ` +
        "pinned; unset it to verify the cache",
    );
  }
  const { folder, damages } = await verifyLibrary(options);
  for (const { file, problem } of damages) console.log(`${file} ${problem}`);
  if (damages.length > 0) {
    throw new UserError(
      `Cannot trust the libtensorflow in ${folder}: ${damages.length} of its files ` +
        `${damages.length === 1 ? "is" : "are"} not as published; run deno task setup --force, ` +
        "which fetches it anew",
    );
  }
  console.log(`verified: ${folder}, every file by its SHA-256 digest`);
}
