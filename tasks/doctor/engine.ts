/**
 * Checks the engine for `deno task doctor`: library, devices, and the time of a convolution.
 *
 * @module
 */
import { UserError } from "../../lib/errors.ts";
import { inspectTensorFlow } from "../../lib/backend/inspect.ts";
import {
  findLibrary,
  hasCudaBuild,
  type InstalledLibrary,
  verifyLibrary,
  whatToFetch,
} from "../../lib/provision/mod.ts";
import { useTensorFlow } from "../../lib/backend/mod.ts";
import type { DoctorOptions } from "../cli/doctor_options.ts";
import { startEngine } from "../cli/engine.ts";
import { isPortable } from "../cli/engine_names.ts";
import { type ConvolutionTime, timeConvolutions } from "./convolution.ts";
import type { MachineFacts } from "./machine.ts";

interface LibraryFacts {
  path: string;
  source: InstalledLibrary["source"];
  megabytes: number;
  /** The version that it reports; null if it could not be opened. */
  version: string | null;
}

/** The engine and how it runs. */
export interface EngineFacts {
  /** The value of `--engine`. */
  asked: DoctorOptions["engine"];
  /** The engine that runs, in words; null if none could be started. */
  used: string | null;
  /** Why this engine, and why on this device. */
  why: string[];
  library: LibraryFacts | null;
  /** What `deno task setup` would download; null if the library is installed. */
  missing: { name: string; megabytes: number; folder: string } | null;
  /** Why starting the engine failed; null if it did not. */
  failure: string | null;
  /** True if the failure's message says what to do. */
  failureAdvises: boolean;
  devices: string[];
  /** Null if the engine has no thread setting. */
  threads: number | null;
  /** Null if this does not apply, as on a GPU. */
  fusedOps: boolean | null;
  /** Batch size of the timed convolution. */
  batch: number;
  float32: ConvolutionTime | null;
  /** Null if the engine has no bfloat16. */
  bfloat16: ConvolutionTime | null;
}

/** Finds the engine that training would use, starts it if possible, and times it. */
export async function examineEngine(
  options: DoctorOptions,
  machine: MachineFacts,
): Promise<EngineFacts> {
  const facts: EngineFacts = {
    asked: options.engine,
    used: null,
    why: [],
    library: null,
    missing: null,
    failure: null,
    failureAdvises: false,
    devices: [],
    threads: null,
    fusedOps: null,
    batch: options.engine === "cpu" ? 4 : 128,
    float32: null,
    bfloat16: null,
  };
  try {
    await (isPortable(options.engine) ? runPortable : runTensorFlow)(facts, options, machine);
  } catch (error) {
    facts.failureAdvises = error instanceof UserError;
    facts.failure = (error instanceof Error ? error.message : String(error)).split("\n")[0]!;
  }
  return facts;
}

async function runPortable(facts: EngineFacts, options: DoctorOptions): Promise<void> {
  facts.used = await startEngine(options, () => {});
  facts.why = [`--engine ${options.engine} asks for it`];
  facts.devices = [options.engine === "webgpu" ? "GPU:0" : "CPU:0"];
  Object.assign(facts, await timeConvolutions(["float32"], facts.batch));
}

async function runTensorFlow(
  facts: EngineFacts,
  options: DoctorOptions,
  machine: MachineFacts,
): Promise<void> {
  const gpu = options.ngpu === 0 ? false : undefined;
  const library = await findLibrary({ gpu }) ?? await findCopiedLibrary(gpu);
  if (!library) {
    facts.missing = await whatToFetch({ gpu });
    return;
  }
  const { path, source } = library;
  const megabytes = (await Deno.stat(path)).size / 1e6;
  facts.library = { path, source, megabytes, version: null };
  if (lacksAvx(machine)) {
    facts.failure = "this processor has no AVX, which TensorFlow's builds for it need";
    return;
  }
  facts.used = await startEngine(options, () => {});
  facts.library.version = (await useTensorFlow({ threads: options.threads, gpu })).version;
  const { devices, fusedOps, bfloat16 } = inspectTensorFlow();
  facts.devices = devices;
  facts.why = [whyTensorFlow(options), whyDevice(devices, library, options, machine)];
  facts.threads = options.threads ?? machine.processors;
  facts.fusedOps = onGpu(devices) ? null : fusedOps;
  const precisions = ["float32", ...(bfloat16 ? ["bfloat16"] as const : [])] as const;
  Object.assign(facts, await timeConvolutions(precisions, facts.batch));
}

function whyTensorFlow({ engine }: DoctorOptions): string {
  return engine === "auto"
    ? "TensorFlow: --engine auto is that, and never changes to another by itself"
    : "TensorFlow: --engine tensorflow asks for it";
}

/** Without AVX the library would crash the process. */
function lacksAvx({ arch, instructions }: MachineFacts): boolean {
  return arch === "x86_64" && instructions !== null && !instructions.includes("avx");
}

function onGpu(devices: readonly string[]): boolean {
  return devices.some((name) => name.startsWith("GPU"));
}

function whyDevice(
  devices: readonly string[],
  { source }: InstalledLibrary,
  { ngpu }: DoctorOptions,
  { nvidiaDriver, os, arch }: MachineFacts,
): string {
  if (onGpu(devices)) return "the GPU: TensorFlow finds one that it can use";
  if (ngpu === 0) return "the CPU: --ngpu 0 asks for it";
  if (!nvidiaDriver) return "the CPU: no NVIDIA driver is seen";
  if (source === "environment") return "the CPU: the library that is named finds no GPU";
  if (!hasCudaBuild(os, arch)) return "the CPU: there is no build with CUDA for this platform";
  return "the CPU: TensorFlow finds no GPU that it can use, though there is a driver";
}

/** A library with correct digests, whatever the modification times of its files. */
async function findCopiedLibrary(gpu: boolean | undefined): Promise<InstalledLibrary | undefined> {
  const { damages } = await verifyLibrary({ gpu });
  return damages.length === 0 ? await findLibrary({ gpu, verified: true }) : undefined;
}
