/**
 * The published packages that contain libtensorflow for each platform, and its path in them.
 *
 * @module
 */
import { UserError } from "../errors.ts";

/** The TensorFlow release that the engine supports and is tested with. */
export const tensorflowVersion = "2.20.0";

/** The environment variable with the user's own library. */
export const libraryVariable = "ATTENTION_TRANSFER_LIBTENSORFLOW";

/** The pinned sets of packages: platform and device type. */
export type TargetName =
  | "linux-x64-cpu"
  | "linux-x64-gpu"
  | "linux-arm64-cpu"
  | "macos-arm64-cpu"
  | "windows-x64-cpu";

/** A package of a pinned set. A wheel is accepted if its SHA-256 digest is one of `sha256`. */
export interface Pin {
  name: string;
  version: string;
  sha256: readonly string[];
  /** The SHA-256 digests of the wheels' file lists (RECORD), in the same order. */
  record?: readonly string[];
}

/** What to request from pip for a platform, and what it contains. */
export interface Target {
  name: TargetName;
  /** True if the set contains TensorFlow's CUDA build. */
  gpu: boolean;
  /** The requirement that the set was resolved from. */
  requirement: string;
  /** The platform tags of the set's wheels. Older pip releases need exact matches. */
  platforms: readonly string[];
  /** The Python versions whose wheels are pinned. */
  pythons: readonly string[];
  /** True if the library links to Python's own, so that the wheel must match the Python in use. */
  needsPython: boolean;
  /** The path of the library to open, relative to the folder with the unpacked wheels. */
  library: string;
  /** The size of the download in megabytes (10^6 bytes), according to the package index. */
  megabytes: number;
}

// Tags name the oldest C library (glibc): 2.17 for TensorFlow, up to 2.28 for the CUDA packages.
const linuxGpuPlatforms = [
  "manylinux2014_x86_64",
  ...Array.from({ length: 12 }, (_, i) => `manylinux_2_${17 + i}_x86_64`),
];

/** Common properties of most sets. */
const usual = {
  gpu: false,
  requirement: `tensorflow==${tensorflowVersion}`,
  pythons: ["3.12"],
  needsPython: false,
  library: "tensorflow/libtensorflow_cc.so.2",
};

/** All platforms for which libtensorflow can be fetched. */
export const targets: readonly Target[] = [
  {
    ...usual,
    name: "linux-x64-cpu",
    requirement: `tensorflow-cpu==${tensorflowVersion}`,
    platforms: ["manylinux2014_x86_64"],
    megabytes: 259,
  },
  {
    ...usual,
    name: "linux-x64-gpu",
    gpu: true,
    requirement: `tensorflow[and-cuda]==${tensorflowVersion}`,
    platforms: linuxGpuPlatforms,
    megabytes: 3428,
  },
  { ...usual, name: "linux-arm64-cpu", platforms: ["manylinux2014_aarch64"], megabytes: 260 },
  {
    ...usual,
    name: "macos-arm64-cpu",
    platforms: ["macosx_12_0_arm64"],
    library: "tensorflow/libtensorflow_cc.2.dylib",
    megabytes: 201,
  },
  {
    ...usual,
    name: "windows-x64-cpu",
    requirement: `tensorflow-cpu==${tensorflowVersion}`,
    platforms: ["win_amd64"],
    pythons: ["3.9", "3.10", "3.11", "3.12", "3.13"],
    needsPython: true,
    library: "tensorflow/python/_pywrap_tensorflow_common.dll",
    megabytes: 332,
  },
];

const systems: Record<string, string> = { linux: "linux", darwin: "macos", windows: "windows" };
const architectures: Record<string, string> = { x86_64: "x64", aarch64: "arm64" };

function platformName(os: string, arch: string): string {
  return `${systems[os] ?? os}-${architectures[arch] ?? arch}`;
}

function findTarget(platform: string, gpu: boolean): Target | undefined {
  return targets.find(({ name }) => name === `${platform}-${gpu ? "gpu" : "cpu"}`);
}

/** True if TensorFlow is published with CUDA for a platform. Arguments like in `Deno.build`. */
export function hasCudaBuild(os: string, arch: string): boolean {
  return findTarget(platformName(os, arch), true) !== undefined;
}

/**
 * The packages for a platform.
 *
 * @param os The operating system, like `Deno.build.os`.
 * @param arch The processor, like `Deno.build.arch`.
 * @param gpu True for the set with CUDA.
 * @throws {UserError} If no such package is published.
 */
export function resolveTarget(os: string, arch: string, gpu: boolean): Target {
  const platform = platformName(os, arch);
  const target = findTarget(platform, gpu);
  if (target) return target;
  const wanted = `libtensorflow ${tensorflowVersion} for ${platform}${gpu ? " with CUDA" : ""}`;
  const without = gpu && findTarget(platform, false) ? "do without the GPU, " : "";
  throw new UserError(
    `Cannot fetch ${wanted}: no package is published for it; ` +
      `${without}set ${libraryVariable} to a library you have, or use tfjs's backend "wasm"`,
    { code: "not-supported" },
  );
}

/** pip's flags for the wheels of one Python version on the target's platform. */
export function wheelFlags(target: Target, python: string): string[] {
  const platforms = target.platforms.flatMap((platform) => ["--platform", platform]);
  return ["--implementation", "cp", "--python-version", python, ...platforms];
}

/** pip's flags for the wheels to install; none if the Python in use decides. */
export function installFlags(target: Target): string[] {
  return target.needsPython ? [] : target.pythons.flatMap((python) => wheelFlags(target, python));
}
