/**
 * All targets by their names.
 *
 * @module
 */
import type { Target } from "../target.ts";

/** Opens each target: what it needs is loaded then and not before. */
export const targets: Readonly<Record<string, () => Promise<Target>>> = {
  safetensors: async () => (await import("./safetensors.ts")).open(),
  pth: async () => await (await import("./pytorch.ts")).openPth(),
  pt7: async () => await (await import("./pytorch.ts")).openPt7(),
  hdf5: async () => (await import("./hdf5.ts")).open(),
  cifar: async () => await (await import("./cifar.ts")).openFiles(),
  archive: async () => await (await import("./cifar.ts")).openArchives(),
  image: async () => await (await import("./images.ts")).open(),
  checkpoint: async () => await (await import("./records.ts")).openCheckpoints(),
  log: async () => await (await import("./records.ts")).openLogs(),
  planted: async () => (await import("./planted.ts")).open(),
};

/** The names of those that are readers of this library. */
export const readers: readonly string[] = Object.keys(targets).filter((name) => name !== "planted");
