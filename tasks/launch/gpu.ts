/**
 * Looks for an NVIDIA driver from a program without the permission to do so.
 *
 * @module
 */
import { hasCudaBuild, kernelSideFiles } from "../../lib/provision/mod.ts";

const { os, arch } = Deno.build;

/**
 * Same result as `findNvidiaDriver`. Deno shows /dev and /proc only with all permissions, so other
 * programs look there: first a cheap one and, if it finds something, a second one.
 *
 * @param deno Runs one of our programs with all permissions and returns its exit code.
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
    if (error instanceof Deno.errors.NotFound) return true; // not every system has /bin/sh
    throw error;
  }
}
