/**
 * Finds or installs libtensorflow. Other folders should only import this file.
 *
 * @module
 */
export { cacheVariable, defaultCacheDir } from "./cache_dir.ts";
export { findNvidiaDriver, kernelSideFiles } from "./nvidia.ts";
export { hasCudaBuild, libraryVariable, tensorflowVersion } from "./platform.ts";
export {
  findLibrary,
  type InstalledLibrary,
  provision,
  provisionedVariable,
  type ProvisionOptions,
  verifyLibrary,
  whatToFetch,
} from "./provision.ts";
