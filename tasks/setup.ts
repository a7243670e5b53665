/**
 * `deno task setup`: fetches libtensorflow into the cache, and says what is used and where it lies;
 * or verifies what is there.
 *
 * @module
 */
import { provision, type ProvisionOptions, verifyLibrary } from "../lib/provision/provision.ts";
import { libraryVariable } from "../lib/provision/platform.ts";
import { useTensorFlow } from "../lib/backend/use_tensorflow.ts";
import { UserError } from "../lib/errors.ts";
import { runCommand } from "./cli/main.ts";
import { setupCommand } from "./cli/setup_options.ts";

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
