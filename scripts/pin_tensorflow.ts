/**
 * Writes lib/engine/provision/pins.ts: the versions and SHA-256 digests of the packages that hold
 * libtensorflow, as pip resolves them from the user's package index. Fetches no package.
 *
 *     deno run -A scripts/pin_tensorflow.ts
 *
 * @module
 */
import {
  allTargets,
  type Pin,
  type Target,
  tensorflowVersion,
  wheelFlags,
} from "../lib/engine/provision/platform.ts";

interface Report {
  install: {
    metadata: { name: string; version: string };
    download_info: { archive_info: { hashes: { sha256?: string } } };
  }[];
}

// Packages may be spelt with either mark in their metadata (the PyPA's "name normalization").
function normalName(name: string): string {
  return name.toLowerCase().replaceAll(/[-_.]+/g, "-");
}

// What TensorFlow's Python half needs, Keras and NumPy among it, is of no use here.
function isLibrary({ name }: Pin): boolean {
  return /^(tensorflow(-cpu)?$|nvidia-)/.test(name);
}

async function resolve(target: Target, python: string): Promise<Pin[]> {
  const args = ["-m", "pip", "install", "--quiet", "--dry-run", "--ignore-installed"];
  // Only the set with CUDA is more than one package; resolving it needs the dependencies.
  if (!target.gpu) args.push("--no-deps");
  args.push("--only-binary=:all:", "--report", "-", "--target", "unused");
  args.push(...wheelFlags(target, python), target.requirement);
  const { success, stdout } = await new Deno.Command("python3", { args, stderr: "inherit" })
    .output();
  if (!success) throw new Error(`pip cannot resolve ${target.requirement} for ${target.name}`);
  const report: Report = JSON.parse(new TextDecoder().decode(stdout));
  return report.install
    .map(({ metadata: { name, version }, download_info: { archive_info } }) => {
      const digest = archive_info.hashes.sha256;
      if (!digest) throw new Error(`The index states no SHA-256 digest of ${name} ${version}`);
      return { name: normalName(name), version, sha256: [digest] };
    })
    .filter(isLibrary)
    .sort((a, b) => a.name < b.name ? -1 : 1);
}

function mergeDigests(pins: Pin[]): Pin[] {
  const groups = Map.groupBy(pins, ({ name, version }) => `${name} ${version}`);
  return [...groups.values()].flatMap((same) =>
    same.slice(0, 1).map((first) => ({ ...first, sha256: same.flatMap(({ sha256 }) => sha256) }))
  );
}

async function pin(target: Target): Promise<Pin[]> {
  const perPython = await Promise.all(target.pythons.map((python) => resolve(target, python)));
  return mergeDigests(perPython.flat());
}

const pins = await Promise.all(
  allTargets().map(async (target) => [target.name, await pin(target)]),
);
const file = new URL("../lib/engine/provision/pins.ts", import.meta.url);
await Deno.writeTextFile(
  file,
  `/**
 * The packages that hold libtensorflow ${tensorflowVersion}, with the digests of the files that may be
 * taken. Made by scripts/pin_tensorflow.ts; change nothing here by hand.
 *
 * @module
 */
import type { Pin, TargetName } from "./platform.ts";

/** The packages of each set. */
export const pins: Record<TargetName, readonly Pin[]> = ${
    JSON.stringify(Object.fromEntries(pins)).replaceAll(/"(name|version|sha256)":/g, "$1:")
  };
`,
);
await new Deno.Command(Deno.execPath(), { args: ["fmt", "--quiet", file.pathname] }).output();
