/**
 * A real file system of a few kilobytes, to fill and to make read-only: a tmpfs, which only root can
 * mount, and only on Linux.
 *
 * @module
 */

/** What can be done to it while it is mounted. */
export interface SmallDisk {
  resize(kilobytes: number): Promise<void>;
  readOnly(yes: boolean): Promise<void>;
}

/** Whether one can be mounted here; says it where that is not so, and tests are left out for it. */
export async function canMount(): Promise<boolean> {
  const why = await whyNotMount();
  if (why !== undefined) console.warn(`tests on a small file system are left out: ${why}`);
  return why === undefined;
}

async function whyNotMount(): Promise<string | undefined> {
  if (Deno.build.os !== "linux") return "it is a tmpfs, which only Linux has";
  if (Deno.uid() !== 0) return "only root can mount it";
  try {
    await withSmallDisk(64, () => Promise.resolve());
    return undefined;
  } catch (error) {
    return `it cannot be mounted: ${(error as Error).message.trim()}`;
  }
}

/** Runs a test with the folder at which a new file system of this size is mounted. */
export async function withSmallDisk(
  kilobytes: number,
  test: (folder: string, disk: SmallDisk) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  const mount = (options: string) => system("mount", "-t", "tmpfs", "-o", options, "tmpfs", folder);
  try {
    await mount(`size=${kilobytes}k`);
    try {
      await test(folder, {
        resize: (kilobytes) => mount(`remount,size=${kilobytes}k`),
        readOnly: (yes) => mount(`remount,${yes ? "ro" : "rw"}`),
      });
    } finally {
      await system("umount", "--lazy", folder);
    }
  } finally {
    await Deno.remove(folder);
  }
}

async function system(command: string, ...args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(command, { args }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
}
