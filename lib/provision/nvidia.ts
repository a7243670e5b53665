/**
 * Whether this machine has an NVIDIA driver that a library could use.
 *
 * @module
 */
import { existsSync } from "../files.ts";

/** What the kernel shows of the driver; `/dev/dxg` is that of the Windows Subsystem for Linux. */
export const kernelSideFiles: readonly string[] = [
  "/proc/driver/nvidia/version",
  "/dev/nvidiactl",
  "/dev/dxg",
];

function canOpen(library: string): boolean {
  try {
    Deno.dlopen(library, {}).close();
    return true;
  } catch {
    return false;
  }
}

/**
 * Whether a Linux machine has an NVIDIA driver: its kernel side (`/dev/dxg` is that of the Windows Subsystem
 * for Linux) and its library.
 */
export function findNvidiaDriver(): boolean {
  // A container sees the host's /proc even where it was given no GPU; the library is what tells.
  return kernelSideFiles.some(existsSync) && canOpen("libcuda.so.1");
}
