/**
 * `deno task setup`: downloads libtensorflow into the cache and says which library is used and
 * where it is; or verifies the installed one.
 *
 * @module
 */
import {
  libraryVariable,
  provision,
  type ProvisionOptions,
  verifyLibrary,
} from "../lib/provision/mod.ts";
import { useTensorFlow } from "../lib/backend/mod.ts";
import { UserError } from "../lib/errors.ts";
import type { Command } from "./cli/help.ts";
import { runCommand } from "./cli/main.ts";
import { flag, group } from "./cli/option_kinds.ts";
import { UsageError } from "./cli/usage_error.ts";

const setupOptions = {
  ...group("Build", {
    gpu: flag({
      help: "install the build with CUDA; default: if an NVIDIA driver is found",
    }),
    cpu: flag({ help: "install the build without CUDA" }),
  }),
  ...group("Existing installation", {
    verify: flag({ help: "download nothing; compare every installed file with its pinned digest" }),
    force: flag({ help: "download again, even if it is installed" }),
  }),
};

const setupCommand: Command<typeof setupOptions> = {
  name: "setup",
  summary: "Downloads libtensorflow into the cache folder. The other tasks do this too " +
    "when they need it. Set ATTENTION_TRANSFER_LIBTENSORFLOW to use your own " +
    "library (a file or its folder), and ATTENTION_TRANSFER_CACHE to choose the " +
    "cache folder. pip's settings are respected.",
  options: setupOptions,
  check: ({ gpu, cpu, verify, force }) => {
    if (gpu && cpu) {
      throw new UsageError("Cannot use --gpu and --cpu together: use only one of them");
    }
    if (verify && force) {
      throw new UsageError("--verify only looks, and --force fetches: use only one of them");
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
        "which downloads it again",
    );
  }
  console.log(`verified: ${folder}, every file by its SHA-256 digest`);
}
