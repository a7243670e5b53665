/**
 * Whether there is an NVIDIA driver, for a program that may not look by itself.
 *
 * @module
 */
import { hasCudaBuild, kernelSideFiles } from "../../lib/provision/mod.ts";

const { os, arch } = Deno.build;

/**
 * The same as `findNvidiaDriver`. Deno shows /dev and /proc only to who may do everything, so that
 * other programs look there: one that costs nothing, and where it finds something another.
 *
 * @param deno runs one of our programs with all permissions, and gives its exit code.
 */
export async function hasNvidiaDriver(
  deno: (program: string) => Promise<number>,
): Promise<boolean> {
  if (!hasCudaBuild(os, arch)) return false;
  return await kernelHasDriver() && await deno("tasks/launch/find_driver.ts") === 0;
}

async function kernelHasDriver(): Promise<boolean> {
  const look = kernelSideFiles.map((file) => `test -e ${file}`).join(" || ");
  try {
    return (await new Deno.Command("/bin/sh", { args: ["-c", look] }).output()).success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return true; // not every system has it there
    throw error;
  }
}
