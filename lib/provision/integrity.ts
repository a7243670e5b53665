/**
 * Checks that installed files are unchanged: by size and time at every start, and by digest on request.
 *
 * @module
 */
import { join } from "@std/path";
import { UserError } from "../errors.ts";
import { readFile, sha256, whyNot } from "../files.ts";
import type { Pin } from "./platform.ts";

/** An installed file. Stored in a file next to them after all were verified. */
interface ManifestEntry {
  size: number;
  /** Seconds since 1970, because archives and system images do not store finer times. */
  modified: number;
  sha256: string;
}

/** A changed file. */
export interface Damage {
  /** Its path in the folder. */
  file: string;
  /** The problem, to follow the name: "is missing". */
  problem: string;
}

/** An installation to verify. */
export interface Installed {
  folder: string;
  pins: readonly Pin[];
  /** Matches the files of the packages that were kept. */
  keep: RegExp;
}

/** The file with the manifest. If it exists, the folder is finished. */
const manifestName = "installed.json";

/**
 * Reads all files of a finished folder, and writes the manifest.
 *
 * @throws {Error} If one cannot be read.
 */
export async function writeManifest(folder: string): Promise<void> {
  const { names, damages: [damage] } = filesIn(folder);
  if (damage) throw new UserError(`${damage.file} ${damage.problem}`, { code: "not-readable" });
  const files: Record<string, ManifestEntry> = {};
  for (const file of names) {
    files[file] = {
      ...sizeAndTime(join(folder, file))!,
      sha256: await digestOf(join(folder, file)),
    };
  }
  await Deno.writeTextFile(join(folder, manifestName), JSON.stringify({ files }, null, 1) + "\n");
}

/**
 * Files that are missing, or whose size or time has changed. This only takes milliseconds.
 *
 * @returns undefined if there is no manifest.
 */
export function changedFiles(folder: string): Damage[] | undefined {
  const files = readManifest(folder);
  return files && Object.entries(files).flatMap(([file, { size, modified }]) => {
    const found = sizeAndTime(join(folder, file));
    if (!found) return [{ file, problem: "is missing" }];
    if (found.size !== size) return [{ file, problem: sizes(found.size, size) }];
    return found.modified === modified ? [] : [{ file, problem: "was written to" }];
  });
}

/**
 * Reads every file and compares it with the digest in its package's list. Compares these lists with the
 * pinned digests. Compares files of no package, such as Python's library, with the manifest.
 *
 * @returns the problems; empty if there are none.
 */
export async function verifyFiles({ folder, pins, keep }: Installed): Promise<Damage[]> {
  const { names, damages } = filesIn(folder);
  const expected = new Map<string, Expected>(Object.entries(readManifest(folder) ?? {}));
  const lists: FileList[] = [];
  for (const path of names.filter((file) => /^[^/]+\.dist-info\/RECORD$/.test(file))) {
    try {
      lists.push(await readList(folder, path));
    } catch (error) {
      damages.push(unreadable(path, error));
    }
  }
  const digests = new Set(lists.map(({ digest }) => digest));
  const missing = pins.find(({ record = [] }) =>
    record.length > 0 && !record.some((digest) => digests.has(digest))
  );
  if (missing) {
    const file = `the list of files of ${missing.name}`;
    damages.push({ file, problem: "is not the pinned one" });
  }
  const pinned = new Set(pins.flatMap(({ record = [] }) => record));
  for (const { digest, size, path, entries } of lists) {
    if (!pinned.has(digest)) continue;
    expected.set(path, { size, sha256: digest });
    for (const [file, entry] of entries) if (keep.test(file)) expected.set(file, entry);
  }
  const there = new Set(names);
  for (const [file, entry] of expected) {
    if (damages.some((damage) => damage.file === file)) continue;
    if (!there.has(file)) damages.push({ file, problem: "is missing" });
    else damages.push(...await compare(folder, file, entry));
  }
  const strange = [...there].filter((file) => !expected.has(file));
  return [...damages, ...strange.map((file) => ({ file, problem: "is not of the package" }))];
}

/** The expected contents of a file. */
type Expected = Pick<ManifestEntry, "size" | "sha256">;

async function compare(
  folder: string,
  file: string,
  { size, sha256 }: Expected,
): Promise<Damage[]> {
  const path = join(folder, file);
  try {
    const found = Deno.statSync(path);
    if (!found.isFile) return [{ file, problem: "is no file" }];
    if (found.size !== size) return [{ file, problem: sizes(found.size, size) }];
    if (await digestOf(path) === sha256) return [];
    return [{ file, problem: "has another content than the package's" }];
  } catch (error) {
    return [unreadable(file, error)];
  }
}

function unreadable(file: string, error: unknown): Damage {
  return { file, problem: `cannot be read: ${whyNot(error)}` };
}

function sizes(found: number, size: number): string {
  return `has ${found} bytes in place of ${size}`;
}

/** The list of a wheel's files (its RECORD), with the digest of each. */
interface FileList {
  path: string;
  /** The digest of the list itself. */
  digest: string;
  size: number;
  entries: (readonly [file: string, entry: Expected])[];
}

// https://packaging.python.org/en/latest/specifications/recording-installed-packages/
// A digest of 32 bytes has 43 base64 digits.
const recordLine = /^(?:"([^"]+)"|([^,"]+)),sha256=([\w-]{43}),(\d+)\r?$/;

async function readList(folder: string, path: string): Promise<FileList> {
  const bytes = await readFile(join(folder, path));
  const entries = new TextDecoder().decode(bytes).split("\n").flatMap((line) => {
    const [, quoted, plain, sha256 = "", size] = line.match(recordLine) ?? [];
    const file = quoted ?? plain;
    if (file === undefined) return [];
    const digest = Uint8Array.fromBase64(sha256, { alphabet: "base64url" });
    const entry: Expected = { size: Number(size), sha256: digest.toHex() };
    return [[file, entry] as const];
  });
  return { path, digest: await sha256(bytes), size: bytes.length, entries };
}

function readManifest(folder: string): Record<string, ManifestEntry> | undefined {
  try {
    const { files } = JSON.parse(Deno.readTextFileSync(join(folder, manifestName)));
    return typeof files === "object" && files !== null ? files : undefined;
  } catch {
    return undefined; // missing, or damaged like the files it describes
  }
}

function sizeAndTime(path: string): Pick<ManifestEntry, "size" | "modified"> | undefined {
  try {
    const { size, mtime, isFile } = Deno.statSync(path);
    return isFile ? { size, modified: Math.floor(Number(mtime) / 1000) } : undefined;
  } catch {
    return undefined;
  }
}

/** The paths of all files below a folder except the manifest, with slashes; and what cannot be listed. */
function filesIn(folder: string, prefix = ""): { names: string[]; damages: Damage[] } {
  const names: string[] = [];
  const damages: Damage[] = [];
  try {
    for (const { name, isDirectory } of Deno.readDirSync(join(folder, prefix))) {
      const inner = isDirectory
        ? filesIn(folder, `${prefix}${name}/`)
        : { names: [prefix + name], damages: [] };
      names.push(...inner.names.filter((file) => file !== manifestName));
      damages.push(...inner.damages);
    }
  } catch (error) {
    damages.push(unreadable(prefix || "the folder", error));
  }
  return { names, damages };
}

/** The SHA-256 digest of a file, in hexadecimal. */
async function digestOf(path: string): Promise<string> {
  // Imported here, because loading it takes longer than the check at every start.
  const { createHash } = await import("node:crypto");
  const hash = createHash("sha256");
  const buffer = new Uint8Array(1 << 20);
  const file = await Deno.open(path);
  try {
    for (let n; (n = await file.read(buffer)) !== null;) hash.update(buffer.subarray(0, n));
  } finally {
    file.close();
  }
  return hash.digest("hex");
}
