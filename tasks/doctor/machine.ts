/**
 * The machine and the runtime, as `deno task doctor` sees them.
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
  /** Which of the instructions are there that matter here; null where the system does not tell. */
  instructions: string[] | null;
  /** Bytes of memory. */
  memory: { total: number; available: number };
  /** NVIDIA's driver: its version, or `"unknown"`; null where none is seen. */
  nvidiaDriver: string | null;
  deno: string;
  v8: string;
  /** Where the standard modules come from: JSR, or the stand-ins for when that is out of reach. */
  standardModules: "JSR" | "stand-ins";
}

/** Looks at the machine. */
export async function examineMachine(): Promise<MachineFacts> {
  const { processor } = describeMachine();
  const { total, available } = Deno.systemMemoryInfo();
  return {
    os: Deno.build.os,
    arch: Deno.build.arch,
    processor: processor as string | null,
    processors: navigator.hardwareConcurrency,
    instructions: await readInstructions(),
    // What a container may use can be less than what the system has.
    memory: { total, available: Math.min(available, availableMemory()) },
    nvidiaDriver: findNvidiaDriver() ? await readDriverVersion() ?? "unknown" : null,
    deno: Deno.version.deno,
    v8: Deno.version.v8,
    // The launcher has tried JSR, and chosen the configuration by it.
    standardModules: /^(jsr:|https:)/.test(import.meta.resolve("@std/path")) ? "JSR" : "stand-ins",
  };
}

/** The first is needed by TensorFlow's builds for x64; the last two are those for bfloat16. */
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
