/**
 * Fetches libtensorflow into the cache, and says what is used and where it lies.
 *
 * @module
 */
import { parseArgs } from "@std/cli/parse-args";
import { type Library, provision } from "../lib/engine/provision/provision.ts";
import { UserError } from "../lib/errors.ts";

const help = `Usage: deno task setup [--gpu | --cpu]

Fetches libtensorflow into the cache, once; the other tasks do so too when they need it.

  --gpu   the build with CUDA
  --cpu   the build without
  --help  show this text

Without --gpu and --cpu: the build with CUDA where an NVIDIA driver is found.

Environment:
  ATTENTION_TRANSFER_LIBTENSORFLOW  a library of your own (a file, or a folder that holds one)
  ATTENTION_TRANSFER_CACHE          the cache folder
  PIP_*                             pip's settings, such as PIP_INDEX_URL and PIP_PROXY`;

function exitWithUsageError(message: string): never {
  console.error(`error: ${message}; see deno task setup --help`);
  Deno.exit(2);
}

/** Opens the library, which shows that it works on this machine, and asks for its version. */
function loadedVersion({ path, preload }: Library): string {
  try {
    for (const file of preload) Deno.dlopen(file, {});
    const library = Deno.dlopen(path, { TF_Version: { parameters: [], result: "pointer" } });
    const version = library.symbols.TF_Version();
    return version ? Deno.UnsafePointerView.getCString(version) : "unknown";
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UserError(`Cannot load ${path}: ${reason.split("\n", 1)[0]}`);
  }
}

function main(args: string[]): Promise<void> | void {
  const flags = parseArgs(args, {
    boolean: ["gpu", "cpu", "help"],
    unknown: (argument) => exitWithUsageError(`Unknown argument: ${argument}`),
  });
  if (flags["help"]) return console.log(help);
  if (flags["gpu"] && flags["cpu"]) exitWithUsageError("--gpu and --cpu exclude each other");
  return setUp(flags["gpu"] ? true : flags["cpu"] ? false : undefined);
}

async function setUp(gpu: boolean | undefined): Promise<void> {
  const library = await provision({ gpu });
  const megabytes = Deno.statSync(library.path).size / 1e6;
  console.log(`library: ${library.path}`);
  console.log(`version: ${loadedVersion(library)}`);
  console.log(`size:    ${megabytes.toFixed(0)} MB`);
  console.log(`source:  ${library.source}`);
}

try {
  await main(Deno.args);
} catch (error) {
  if (!(error instanceof UserError)) throw error;
  console.error(`error: ${error.message}`);
  Deno.exit(1);
}
