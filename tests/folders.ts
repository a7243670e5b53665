/**
 * Folders that tests may fill and break.
 *
 * @module
 */
import { join } from "@std/path";

/** Runs a test with a new folder, which is gone afterwards. */
export async function inFolder(test: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** The names of what is in a folder, sorted. */
export function namesIn(folder: string): string[] {
  return [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
}

/**
 * Makes a pipe, which nobody writes to. Who reads from it all the same finds it empty after some
 * seconds, so that the test fails and does not wait for ever.
 */
export async function makePipe(path: string): Promise<Disposable> {
  const { success } = await new Deno.Command("mkfifo", { args: [path] }).output();
  if (!success) throw new Error(`mkfifo ${path} failed`);
  const open = () => Deno.openSync(path, { read: true, write: true }).close();
  const timer = setTimeout(open, 5000);
  return { [Symbol.dispose]: () => clearTimeout(timer) };
}

/**
 * Makes folders in each other until their path is longer than Linux takes: the lowest cannot be read,
 * whoever asks.
 */
export async function makeUnreadableFolder(path: string): Promise<void> {
  const below = (top: string) =>
    Array<string>(9).fill("d".repeat(250)).reduce((path, name) => join(path, name), top);
  await Deno.mkdir(below(path), { recursive: true });
  await Deno.mkdir(below(`${path}-`), { recursive: true });
  await Deno.rename(`${path}-`, join(below(path), "d"));
}
