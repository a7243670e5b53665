/**
 * Writes files completely or not at all, reads only regular files, and explains errors.
 *
 * @module
 */
import { dirname, fromFileUrl, join } from "@std/path";
import { describeValue } from "./arguments.ts";
import { needsDeno, UserError } from "./errors.ts";
import { cannotWrite, codeOf, saysNothingIsThere, whyNot } from "./file_errors.ts";
import { despiteRemovals, makeFolder } from "./folders.ts";

export {
  cannotRead,
  cannotWrite,
  codeOf,
  isOfTheSystem,
  lacksLocks,
  saysNothingIsThere,
  whyNot,
} from "./file_errors.ts";
export { checkFolderWritable, exists, existsSync, inMadeFolder } from "./folders.ts";

/** The folder next to a file for its new contents. It only exists while they are written. */
export function temporaryFolder(path: string): string {
  return `${path}.partial`;
}

/**
 * Writes a file: writes a temporary file next to it, flushes that to disk, and renames it. Then flushes
 * the folder, so that the name is on disk, too.
 *
 * @throws {UserError} If that fails. An existing file stays unchanged.
 */
export async function writeWhole(path: string, data: Uint8Array | string): Promise<void> {
  const folder = temporaryFolder(path);
  const temporary = join(folder, crypto.randomUUID());
  try {
    const file = await openIn(folder, temporary);
    try {
      await writeAll(file, typeof data === "string" ? new TextEncoder().encode(data) : data);
      await Deno.rename(temporary, path);
    } finally {
      file.close();
    }
    await flushFolder(dirname(path));
  } catch (error) {
    await Deno.remove(temporary).catch(() => {}); // keep the first error
    throw cannotWrite(path, error, ["read", "write"]);
  } finally {
    await removeTemporaryFolder(folder);
  }
}

/** Writes all of the data at the file's position, and flushes it to disk. */
export async function writeAll(file: Deno.FsFile, data: Uint8Array): Promise<void> {
  for (let written = 0; written < data.byteLength;) {
    written += await file.write(data.subarray(written));
  }
  await file.syncData();
}

/**
 * Checks that {@linkcode writeWhole} can write a file. Leaves nothing behind.
 *
 * @throws {Error} If it cannot.
 */
export async function checkWritable(path: string): Promise<void> {
  const folder = temporaryFolder(path);
  const temporary = join(folder, crypto.randomUUID());
  (await openIn(folder, temporary)).close();
  await Deno.remove(temporary);
  await removeTemporaryFolder(folder);
}

/** Removes it if it is empty. Another process may be writing the same file. Keeps links. */
async function removeTemporaryFolder(folder: string): Promise<void> {
  try {
    if ((await Deno.lstat(folder)).isDirectory) await Deno.remove(folder);
  } catch {
    // Not empty, or already removed by another process.
  }
}

/** Creates a folder, and opens a new file in it. */
async function openIn(folder: string, path: string): Promise<Deno.FsFile> {
  return await despiteRemovals(async () => {
    if (!await makeFolder(folder)) {
      await checkIsOwnFolder(folder).catch((error) => {
        throw new Error(`${folder} ${whyNot(error)}; remove it`);
      });
    }
    return await Deno.open(path, { write: true, createNew: true });
  });
}

/** Flushes a folder's names to disk, if platform and file system support it. */
async function flushFolder(path: string): Promise<void> {
  try {
    const folder = await Deno.open(path);
    await folder.sync().finally(() => folder.close());
  } catch {
    // Windows cannot open folders, and some network file systems cannot flush them.
  }
}

/** The names of unfinished files of {@linkcode writeWhole}. */
const unfinished = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/;

/**
 * Removes files left by {@linkcode writeWhole} in a killed process, and nothing else.
 *
 * @throws {UserError} If that fails.
 */
export async function removeLeftovers(folder: string): Promise<void> {
  try {
    for await (const { name, isDirectory } of Deno.readDir(folder)) {
      if (!isDirectory || !name.endsWith(temporaryFolder(""))) continue;
      const left = join(folder, name);
      for await (const { name, isFile } of Deno.readDir(left)) {
        if (isFile && unfinished.test(name)) await Deno.remove(join(left, name));
      }
      await Deno.remove(left).catch(() => {}); // it contains something else
    }
  } catch (error) {
    throw new UserError(`Cannot remove what was left half written in ${folder}: ${whyNot(error)}`, {
      code: codeOf(error, "not-writable"),
    });
  }
}

/**
 * Reads a regular file only: a pipe could block the reader, and a device may never end.
 *
 * @param most the maximum size in bytes. The default is larger than any parameter file here.
 * @throws {Error} If it does not exist, cannot be read, is not a file, or is too large.
 */
export async function readFile(path: string, most = 2 ** 32): Promise<Uint8Array<ArrayBuffer>> {
  const info = await Deno.stat(path);
  checkIsFile(info);
  const { size } = info;
  if (size > most) throw new Error(`has ${size} bytes, and ${most} are the most`);
  // Virtual files, such as in /proc, report size 0.
  return size === 0 ? new Uint8Array() : await Deno.readFile(path);
}

/**
 * Checks that a path to write to is a regular file or does not exist. Opening a pipe blocks until
 * somebody reads from it. With a link, the creator of the folder could make us overwrite any file.
 *
 * @throws {Error} If it is something else.
 */
export async function checkIsOwnFile(path: string): Promise<void> {
  const info = await Deno.lstat(path).catch(undefinedIfMissing);
  if (info) checkIsFile(info);
}

function undefinedIfMissing(error: unknown): undefined {
  if (!saysNothingIsThere(error)) throw error;
}

/**
 * Checks that a folder to write to is not a link, whose creator could make us write anywhere.
 *
 * @throws {Error} If it is a link.
 */
export async function checkIsOwnFolder(path: string): Promise<void> {
  const info = await Deno.lstat(path).catch(() => undefined);
  if (info?.isSymlink) throw new Error("is a link, and no folder");
}

function checkIsFile({ isFile, isDirectory, isSymlink }: Deno.FileInfo): void {
  if (isDirectory) throw new Error("is a directory");
  if (isSymlink) throw new Error("is a link, and no file");
  if (!isFile) throw new Error("is a pipe, a socket or a device, and no file");
}

/** True if two paths lead to the same file, even through links. */
export async function isSameFile(a: string, b: string): Promise<boolean> {
  const paths = await Promise.all([Deno.realPath(a), Deno.realPath(b)]).catch(undefinedIfMissing);
  return paths !== undefined && paths[0] === paths[1];
}

/** Like {@linkcode readFile}, for a text file. The limit is near that of V8's strings. */
export async function readTextFile(path: string): Promise<string> {
  return new TextDecoder().decode(await readFile(path, 2 ** 28));
}

/** The SHA-256 of bytes, in hexadecimal. */
export async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  // Node before 25 has no toHex().
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * Locks a file until it is closed; creates it if missing. The lock ends with the process.
 *
 * @param onTaken called if another process holds the lock. Unless it throws, this function then waits.
 */
export async function lockFile(path: string, onTaken: () => void): Promise<Deno.FsFile> {
  await checkIsOwnFile(path);
  const file = await Deno.open(path, { create: true, write: true });
  try {
    if (!await file.tryLock(true)) {
      onTaken();
      await file.lock(true);
    }
  } catch (error) {
    file.close();
    throw error;
  }
  return file;
}

/**
 * Converts a path or a `file:` URL to a path.
 *
 * @throws {TypeError} If it is another type of URL, or neither.
 * @throws {UserError} If it is a string with another type of URL, or this is not Deno, which alone has
 * the files.
 */
export function toPath(path: string | URL): string {
  needsDeno(
    `use the file ${path}`,
    "read parameters from bytes with parseParams(), and write them with formatParams()",
  );
  if (typeof path === "string") {
    if (/^file:\/\/\//i.test(path) && URL.canParse(path)) return fromFileUrl(path);
    if (/^https?:\/\//i.test(path)) throw new UserError(onlyFiles(path), { code: "not-supported" });
    return path;
  }
  if (!(path instanceof URL)) {
    throw new TypeError(
      `Cannot use ${describeValue(path)} as a path: it must be a text or a file: URL`,
    );
  }
  if (path.protocol !== "file:") throw new TypeError(onlyFiles(path));
  return fromFileUrl(path);
}

function onlyFiles(url: string | URL): string {
  return `Cannot use ${url} as a path: only files can be read and written; fetch it first, and give ` +
    "the path of the file";
}
