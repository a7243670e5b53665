/**
 * Temporary folders and special files for tests.
 *
 * @module
 */
import { join } from "@std/path";

/** Runs a test in a new folder and removes it afterwards. */
export async function inFolder(test: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** The names of a folder's contents, sorted. */
export function namesIn(folder: string): string[] {
  return [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
}

/**
 * Makes a pipe that nobody writes to. A test that reads it by mistake sees an empty file after 5
 * seconds, and so fails instead of hanging.
 */
export async function makePipe(path: string): Promise<Disposable> {
  const { success } = await new Deno.Command("mkfifo", { args: [path] }).output();
  if (!success) throw new Error(`mkfifo ${path} failed`);
  const open = () => Deno.openSync(path, { read: true, write: true }).close();
  const timer = setTimeout(open, 5000);
  return { [Symbol.dispose]: () => clearTimeout(timer) };
}

/**
 * Makes nested folders with a longer path than Linux allows, so that no user can read the lowest.
 */
export async function makeUnreadableFolder(path: string): Promise<void> {
  const below = (top: string) =>
    Array<string>(9).fill("d".repeat(250)).reduce((path, name) => join(path, name), top);
  await Deno.mkdir(below(path), { recursive: true });
  await Deno.mkdir(below(`${path}-`), { recursive: true });
  await Deno.rename(`${path}-`, join(below(path), "d"));
}
