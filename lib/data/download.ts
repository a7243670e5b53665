/**
 * Downloads and checks a `.tar.gz` archive, and unpacks the wanted files, completely or not at all.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { join } from "@std/path";
import { UserError } from "../errors.ts";
import { exists, inMadeFolder, lacksLocks, lockFile } from "../files.ts";
import { type ArchiveContents, unpackArchive } from "./unpack.ts";

/** A published archive. */
export interface Archive extends ArchiveContents {
  /** Its file name, such as `cifar-10-binary.tar.gz`. */
  readonly name: string;
  /** The MD5 sum of the whole archive, in hexadecimal. */
  readonly md5: string;
}

/** Called with the number of bytes received so far and, if the server sends it, the total. */
export type DownloadProgress = (received: number, total: number | undefined) => void;

/** Options of {@linkcode fetchArchive}. */
export interface DownloadOptions {
  /** Called for every chunk received. */
  progress?: DownloadProgress;
  /**
   * The maximum time without data from the server, in milliseconds.
   *
   * @default 60_000
   */
  patience?: number;
  /** Called if another process is downloading the same archive. Then this one waits for it. */
  onWait?: () => void;
}

/**
 * Downloads `source` + `archive.name` and puts the wanted files into `parent/archive.folder`. The
 * folder appears complete or not at all. If it already exists, this holds for each file, and other
 * files in it stay. If several processes run, only one downloads, and the others use its files.
 *
 * @param source The URL of the archive's folder, ending with a slash.
 * @param parent The folder to unpack into; created if missing.
 * @throws {UserError} If the archive cannot be downloaded, is not the expected one, or cannot be
 * unpacked. The message gives the reason; the caller adds what the user can do.
 */
export async function fetchArchive(
  archive: Archive,
  source: string,
  parent: string,
  options: DownloadOptions = {},
): Promise<void> {
  const url = source + archive.name;
  let lock: Deno.FsFile | undefined;
  try {
    lock = await inMadeFolder(parent, () => lockFolder(parent, archive.folder, options.onWait));
    if (await isThere(archive, parent)) return;
    if (lock) await removeScratch(parent, archive.folder);
    await fetchInto(archive, url, parent, options);
  } catch (error) {
    throw new UserError(`Cannot fetch ${url} into ${parent}: ${reasonOf(error)}`, {
      cause: error,
      code: "not-fetched",
    });
  } finally {
    lock?.close();
  }
}

/** Makes other processes that fetch the same folder wait; undefined if locks are not supported. */
async function lockFolder(
  parent: string,
  folder: string,
  onWait = () => {},
): Promise<Deno.FsFile | undefined> {
  return await lockFile(join(parent, `${folder}.lock`), onWait).catch((error) => {
    if (lacksLocks(error)) return undefined;
    throw error;
  });
}

async function isThere({ folder, files }: Archive, parent: string): Promise<boolean> {
  const found = await Promise.all(files.map((file) => exists(join(parent, folder, file))));
  return found.every(Boolean);
}

function scratchPrefix(folder: string): string {
  return `${folder}.partial-`;
}

/** Removes files left by killed processes. Failing to remove them does no harm. */
async function removeScratch(parent: string, folder: string): Promise<void> {
  for await (const { name } of Deno.readDir(parent)) {
    if (!name.startsWith(scratchPrefix(folder))) continue;
    await Deno.remove(join(parent, name), { recursive: true }).catch(() => {});
  }
}

async function fetchInto(
  archive: Archive,
  url: string,
  parent: string,
  { patience = 60_000, progress }: DownloadOptions,
): Promise<void> {
  const silence = silenceTimer(patience);
  let scratch: string | undefined;
  try {
    const response = await request(url, silence.signal);
    scratch = await Deno.makeTempDir({ dir: parent, prefix: scratchPrefix(archive.folder) });
    const file = join(scratch, archive.name);
    const md5 = await save(response, file, silence.heard, progress);
    if (md5 !== archive.md5) {
      throw new Error(`what came is not the archive: MD5 ${archive.md5} expected, ${md5} found`);
    }
    await unpackArchive(file, archive, scratch);
    await moveInto(join(scratch, archive.folder), join(parent, archive.folder), archive.files);
  } finally {
    silence.stop();
    if (scratch !== undefined) await Deno.remove(scratch, { recursive: true });
  }
}

/** Aborts its signal if no data arrives for some time. */
function silenceTimer(patience: number) {
  const controller = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const heard = () => {
    clearTimeout(timer);
    const silence = new Error(`the server was silent for ${patience / 1000} s`);
    timer = setTimeout(() => controller.abort(silence), patience);
  };
  /** Stops watching, and aborts the transfer if it is not complete. */
  const stop = () => {
    clearTimeout(timer);
    controller.abort();
  };
  heard();
  return { signal: controller.signal, heard, stop };
}

async function request(url: string, signal: AbortSignal): Promise<Response> {
  // A transfer encoding would hide the archive's length and its own compression.
  const response = await fetch(url, { signal, headers: { "accept-encoding": "identity" } });
  if (response.ok) return response;
  throw new Error(`the server answered ${response.status} ${response.statusText}`.trim());
}

/** Writes the response body to a new file and returns its MD5 sum. */
async function save(
  response: Response,
  path: string,
  heard: () => void,
  progress?: DownloadProgress,
): Promise<string> {
  const length = response.headers.get("content-length");
  const total = length === null ? undefined : Number(length);
  const md5 = createHash("md5");
  let received = 0;
  const watch = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      heard();
      md5.update(chunk);
      received += chunk.length;
      progress?.(received, total);
      controller.enqueue(chunk);
    },
  });
  const file = await Deno.open(path, { write: true, createNew: true });
  await (response.body ?? new Blob().stream()).pipeThrough(watch).pipeTo(file.writable);
  return md5.digest("hex");
}

/** Moves a folder to its place. If there is already a folder with files, moves the files into it. */
async function moveInto(from: string, to: string, files: readonly string[]): Promise<void> {
  try {
    await Deno.rename(from, to);
  } catch (error) {
    if (!await isFolder(to)) throw error;
    for (const file of files) await Deno.rename(join(from, file), join(to, file));
  }
}

async function isFolder(path: string): Promise<boolean> {
  return await Deno.stat(path).then(({ isDirectory }) => isDirectory, () => false);
}

/** The innermost message of an error, on one line: fetch puts the reason in the cause. */
function reasonOf(error: unknown): string {
  let innermost = error;
  while (innermost instanceof Error && innermost.cause instanceof Error) {
    innermost = innermost.cause;
  }
  const message = innermost instanceof Error ? innermost.message : String(innermost);
  return message.replaceAll(/\s+/g, " ").replace(/^error sending request for url \([^)]*\): /, "")
    .replace(/ \(os error \d+\): \w+ '.*$/, "");
}
