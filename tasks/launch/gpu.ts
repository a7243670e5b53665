/**
 * Looks for an NVIDIA driver from a program without the permission to do so, and shares out GPUs.
 *
 * @module
 */
import { UserError } from "../../lib/errors.ts";
import { hasCudaBuild, kernelSideFiles } from "../../lib/provision/mod.ts";

const { os, arch } = Deno.build;

/** The variable by which CUDA shows a process some GPUs only. */
export const visibleDevices = "CUDA_VISIBLE_DEVICES";

/**
 * The GPU of each of several workers on this machine: those of `--gpu-id` or CUDA_VISIBLE_DEVICES in
 * order, or else 0, 1, 2 ...
 *
 * @throws {UserError} If there are fewer.
 */
export function gpuOfEach(
  workers: number,
  gpuId: string | undefined,
  variable: string | undefined,
): string[] {
  const given = (gpuId ?? variable)?.split(",").map((id) => id.trim()).filter(Boolean);
  const ids = given ?? Array.from({ length: workers }, (_, i) => String(i));
  if (ids.length >= workers) return ids.slice(0, workers);
  const source = gpuId === undefined ? visibleDevices : "--gpu-id";
  throw new UserError(
    `Cannot train with ${workers} workers on ${ids.length} of the GPUs: ${source} names ` +
      `${ids.join(",") || "none"}; name as many as workers, or use --ngpu 0 to train on the CPU`,
  );
}

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
