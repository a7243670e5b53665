/**
 * Writes files whole or not at all, reads none that has no end, and says why a file cannot be used.
 *
 * @module
 */
import { dirname, fromFileUrl, join } from "@std/path";
import { describeValue } from "./arguments.ts";
import { UserError } from "./errors.ts";
import { codeOf, isOther, whyNot } from "./file_errors.ts";

export { codeOf, isOfTheSystem, lacksLocks, saysNothingIsThere, whyNot } from "./file_errors.ts";

/** The folder beside a file in which its next contents are prepared; there only while that is done. */
export function temporaryFolder(path: string): string {
  return `${path}.partial`;
}

/**
 * Writes a file beside its place, flushes it to the disk, and moves it there; then flushes its folder,
 * so that the name is on the disk too.
 *
 * @throws {UserError} If that fails; what was there before is still there.
 */
export async function writeWhole(path: string, data: Uint8Array): Promise<void> {
  const folder = temporaryFolder(path);
  const temporary = join(folder, crypto.randomUUID());
  try {
    using file = await openIn(folder, temporary);
    await writeAll(file, data);
    await Deno.rename(temporary, path);
    await flushFolder(dirname(path));
  } catch (error) {
    await Deno.remove(temporary).catch(() => {}); // what matters is the first failure
    throw new UserError(`Cannot write ${path}: ${whyNot(error, ["read", "write"])}`, {
      code: codeOf(error, "not-writable"),
    });
  } finally {
    await removeTemporaryFolder(folder);
  }
}

/** Writes all of the data where the file stands, and flushes it to the disk. */
export async function writeAll(file: Deno.FsFile, data: Uint8Array): Promise<void> {
  for (let written = 0; written < data.byteLength;) {
    written += await file.write(data.subarray(written));
  }
  await file.syncData();
}

/**
 * Sees that {@linkcode writeWhole} can write a file; leaves nothing there.
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

/** Removes it where it is empty: another may be writing the same file. A link stays as it is. */
async function removeTemporaryFolder(folder: string): Promise<void> {
  try {
    if ((await Deno.lstat(folder)).isDirectory) await Deno.remove(folder);
  } catch {
    // It is not empty, or another has removed it.
  }
}

/** Opens a new file in a folder, which is made. */
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

/**
 * Sees that files can be written in a folder, and leaves everything as it was: folders that are missing
 * are made, and removed again unless another has put something there meanwhile.
 *
 * @throws {Error} If they cannot.
 */
export async function checkFolderWritable(path: string): Promise<void> {
  const made: string[] = [];
  try {
    const act = async () => await Deno.remove(await Deno.makeTempFile({ dir: path }));
    await inMadeFolder(path, act, made);
  } finally {
    for (const folder of made.reverse()) await Deno.remove(folder).catch(() => {}); // not empty
  }
}

/**
 * Acts in a folder that is made for it, with those above it: again where a
 * {@linkcode checkFolderWritable} removes one meanwhile.
 *
 * @param made takes the folders that were made.
 */
export async function inMadeFolder<T>(
  path: string,
  act: () => Promise<T>,
  made: string[] = [],
): Promise<T> {
  return await despiteRemovals(async () => {
    for (const folder of await missingFolders(path)) {
      if (await makeFolder(folder)) made.push(folder);
    }
    return await act();
  });
}

/** The folders on a path that are not there, the highest first. */
async function missingFolders(path: string): Promise<string[]> {
  const parent = dirname(path);
  return parent === path || await exists(path) ? [] : [...await missingFolders(parent), path];
}

/** Makes a folder; false where there is something of that name. */
async function makeFolder(path: string): Promise<boolean> {
  return await Deno.mkdir(path).then(() => true, (error) => {
    if (error instanceof Deno.errors.AlreadyExists) return false;
    throw error;
  });
}

/** Acts in folders that are made for it, and that others who do the same remove when they are empty. */
async function despiteRemovals<T>(act: () => Promise<T>): Promise<T> {
  for (let tries = 100;; tries--) {
    try {
      return await act();
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound) || tries === 0) throw error;
    }
  }
}

/** Writes the names in a folder to the disk, where the platform and the file system can do that. */
async function flushFolder(path: string): Promise<void> {
  try {
    using folder = await Deno.open(path);
    await folder.sync();
  } catch {
    // Windows opens no folders, and some network file systems flush none.
  }
}

/** The names of files that {@linkcode writeWhole} has not finished. */
const unfinished = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/;

/**
 * Removes what {@linkcode writeWhole} left in a folder when its process was killed, and nothing that
 * somebody else may have put there.
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
      await Deno.remove(left).catch(() => {}); // it holds something else
    }
  } catch (error) {
    throw new UserError(`Cannot remove what was left half written in ${folder}: ${whyNot(error)}`, {
      code: codeOf(error, "not-writable"),
    });
  }
}

/**
 * Reads a file, and nothing else that may be found under its name: a pipe would keep the reader waiting,
 * and a device may never end.
 *
 * @param most bytes that the file may have; the default is more than any parameters here have.
 * @throws {Error} If it is not there, cannot be read, is no file or too large.
 */
export async function readFile(path: string, most = 2 ** 32): Promise<Uint8Array<ArrayBuffer>> {
  const info = await Deno.stat(path);
  checkIsFile(info);
  const { size } = info;
  if (size > most) throw new Error(`has ${size} bytes, and ${most} are the most`);
  // What the system makes up as it is read, such as in /proc, says that it has none.
  return size === 0 ? new Uint8Array() : await Deno.readFile(path);
}

/**
 * Sees that a name under which a file is to be written to is a file's, or not there: no pipe, which is
 * not even opened before somebody reads from it, and no link, with which who made the folder could have
 * had any other file changed.
 *
 * @throws {Error} If it is another.
 */
export async function checkIsOwnFile(path: string): Promise<void> {
  const info = await Deno.lstat(path).catch((error) => {
    if (isOther(error)) throw error;
    return undefined;
  });
  if (info) checkIsFile(info);
}

/**
 * Sees that a folder in which files are to be written is one, or not there: with a link, who made it
 * could have had files written anywhere.
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

/** Whether two paths name one file, however each is spelt: with links, say. */
export async function isSameFile(a: string, b: string): Promise<boolean> {
  const [first, second] = await Promise.all([a, b].map((path) => Deno.realPath(path))).catch(
    (error) => {
      if (isOther(error)) throw error;
      return []; // one of them is not there
    },
  );
  return first !== undefined && first === second;
}

/** As {@linkcode readFile}, of a file of text; V8's strings hold little more than its most bytes. */
export async function readTextFile(path: string): Promise<string> {
  return new TextDecoder().decode(await readFile(path, 2 ** 28));
}

/** The SHA-256 of a file's bytes, in hexadecimal digits. */
export async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
}

/**
 * Locks a file, which is made where it is not there, for as long as it stays open. The system drops the
 * lock with the process that holds it, however that ends.
 *
 * @param onTaken is called where another process holds it; unless it throws, this then waits.
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
 * The path that a text or a `file:` URL names.
 *
 * @throws {TypeError} If it is a URL of another kind, or neither.
 * @throws {UserError} If it is a text with such a URL.
 */
export function toPath(path: string | URL): string {
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

/**
 * Whether there is a file or a folder of that name; what cannot be looked at, for want of permission or
 * because the disk fails, counts as there.
 */
export async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, isOther);
}

/** As {@linkcode exists}. */
export function existsSync(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch (error) {
    return isOther(error);
  }
}
