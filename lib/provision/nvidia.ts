/**
 * Detects a usable NVIDIA driver.
 *
 * @module
 */
import { existsSync } from "../files.ts";

/** Files of the kernel's driver. `/dev/dxg` is that of the Windows Subsystem for Linux. */
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

/** True if a Linux machine has an NVIDIA driver: both the kernel part and the library. */
export function findNvidiaDriver(): boolean {
  // A container sees the host's /proc even without access to a GPU, so also check the library.
  return kernelSideFiles.some(existsSync) && canOpen("libcuda.so.1");
}
