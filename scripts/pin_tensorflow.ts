/**
 * Writes lib/provision/pins.ts: the versions and SHA-256 digests of the packages that hold
 * libtensorflow, as pip resolves them from the user's package index, and the digests of the lists of
 * files in them. Fetches every package for that, one at a time: 6 GB.
 *
 *     deno run -A scripts/pin_tensorflow.ts [--same-versions]
 *
 * @module
 */
import { join } from "@std/path";
import { fetchWheels, findPython } from "../lib/provision/pip.ts";
import { pins as pinned } from "../lib/provision/pins.ts";
import {
  type Pin,
  type Target,
  targets,
  tensorflowVersion,
  wheelFlags,
} from "../lib/provision/platform.ts";

interface Report {
  install: {
    metadata: { name: string; version: string };
    download_info: { archive_info: { hashes: { sha256?: string } } };
  }[];
}

/** What the index says of a package. */
type Resolved = Omit<Pin, "record">;

async function resolve(target: Target, python: string): Promise<Resolved[]> {
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
      // Packages may be spelt with either mark in their metadata (the PyPA's "name normalization").
      const normalName = name.toLowerCase().replaceAll(/[-_.]+/g, "-");
      return { name: normalName, version, sha256: [digest] };
    })
    // What TensorFlow's Python half needs, Keras and NumPy among it, is of no use here.
    .filter(({ name }) => /^(tensorflow(-cpu)?$|nvidia-)/.test(name))
    .sort((a, b) => a.name < b.name ? -1 : 1);
}

function mergeDigests(pins: Resolved[]): Resolved[] {
  const groups = Map.groupBy(pins, ({ name, version }) => `${name} ${version}`);
  return [...groups.values()].flatMap((same) =>
    same.slice(0, 1).map((first) => ({ ...first, sha256: same.flatMap(({ sha256 }) => sha256) }))
  );
}

// RECORD is the list of a wheel's files with the digest of each.
const digestOfRecord = `
import hashlib, os, sys, zipfile
for name in os.listdir(sys.argv[1]):
    with zipfile.ZipFile(os.path.join(sys.argv[1], name)) as archive:
        records = [n for n in archive.namelist() if n.endswith(".dist-info/RECORD")]
        print(*[hashlib.sha256(archive.read(record)).hexdigest() for record in records])
`;

/** The digest of the list of files in the only wheel of a package, which is fetched for it. */
async function recordOf(wheel: Resolved, flags: readonly string[]): Promise<string> {
  const python = await findPython();
  const folder = await Deno.makeTempDir();
  try {
    await fetchWheels(python, [wheel], flags, folder, () => {});
    const [command, ...first] = python;
    const args = [...first, "-c", digestOfRecord, join(folder, "wheels")];
    const { stdout } = await new Deno.Command(command, { args, stderr: "inherit" }).output();
    const digests = new TextDecoder().decode(stdout).trim();
    if (!/^[0-9a-f]{64}$/.test(digests)) throw new Error(`${wheel.name} has no RECORD`);
    return digests;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function withRecords(target: Target, pin: Resolved): Promise<Pin> {
  const { name, version, sha256 } = pin;
  const record: string[] = [];
  // There is one wheel for each Python, in their order.
  for (const [i, digest] of sha256.entries()) {
    const flags = wheelFlags(target, target.pythons[i] as string);
    record.push(await recordOf({ ...pin, sha256: [digest] }, flags));
  }
  console.error(`${target.name}: ${name} ${version}`);
  return { name, version, sha256, record };
}

async function pin(target: Target): Promise<Pin[]> {
  const resolved = Deno.args.includes("--same-versions") ? pinned[target.name] : mergeDigests(
    (await Promise.all(target.pythons.map((python) => resolve(target, python)))).flat(),
  );
  const pins: Pin[] = [];
  for (const each of resolved) pins.push(await withRecords(target, each));
  return pins;
}

const pins: [string, Pin[]][] = [];
for (const target of targets) pins.push([target.name, await pin(target)]);
const file = new URL("../lib/provision/pins.ts", import.meta.url);
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
    JSON.stringify(Object.fromEntries(pins)).replaceAll(/"(name|version|sha256|record)":/g, "$1:")
  };
`,
);
await new Deno.Command(Deno.execPath(), { args: ["fmt", "--quiet", file.pathname] }).output();
