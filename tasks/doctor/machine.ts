/**
 * Examines the machine and the runtime for `deno task doctor`.
 *
 * @module
 */
import { availableMemory } from "node:process";
import { findNvidiaDriver } from "../../lib/provision/mod.ts";
import { describeMachine } from "../run/run_log.ts";

/** The machine and the runtime. */
export interface MachineFacts {
  os: string;
  arch: string;
  processor: string | null;
  processors: number;
  /** The relevant instruction sets that the processor has; null if the system does not say. */
  instructions: string[] | null;
  /** Memory in bytes. */
  memory: { total: number; available: number };
  /** The version of the NVIDIA driver, or `"unknown"`; null if none is found. */
  nvidiaDriver: string | null;
  deno: string;
  v8: string;
  /** Where the standard modules come from: JSR, or local stand-ins if JSR cannot be reached. */
  standardModules: "JSR" | "stand-ins";
}

export async function examineMachine(): Promise<MachineFacts> {
  const { processor } = describeMachine();
  const { total, available } = Deno.systemMemoryInfo();
  return {
    os: Deno.build.os,
    arch: Deno.build.arch,
    processor: processor as string | null,
    processors: navigator.hardwareConcurrency,
    instructions: await readInstructions(),
    // A container may be limited to less memory than the system has.
    memory: { total, available: Math.min(available, availableMemory()) },
    nvidiaDriver: findNvidiaDriver() ? await readDriverVersion() ?? "unknown" : null,
    deno: Deno.version.deno,
    v8: Deno.version.v8,
    // The launcher chose the configuration after trying JSR.
    standardModules: /^(jsr:|https:)/.test(import.meta.resolve("@std/path")) ? "JSR" : "stand-ins",
  };
}

/** TensorFlow's builds for x64 need the first; the last two are for bfloat16. */
const instructions = ["avx", "avx2", "avx512f", "avx512_bf16", "amx_bf16"];

async function readInstructions(): Promise<string[] | null> {
  const text = await readIfThere("/proc/cpuinfo");
  const flags = text?.match(/^flags\s*:(.*)$/m)?.[1]?.split(" ");
  return flags ? instructions.filter((name) => flags.includes(name)) : null;
}

async function readDriverVersion(): Promise<string | undefined> {
  return (await readIfThere("/proc/driver/nvidia/version"))?.match(/\b\d+\.\d+(\.\d+)?\b/)?.[0];
}

async function readIfThere(path: string): Promise<string | undefined> {
  return await Deno.readTextFile(path).catch(() => undefined);
}
