/**
 * Starts the engine that `--engine`, `--threads` and `--ngpu` choose.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { UserError } from "../../lib/errors.ts";
import type { Precision } from "../../lib/jit/mod.ts";
import { useTensorFlow } from "../../lib/backend/mod.ts";
import { count } from "./count.ts";
import { type EngineName, isPortable, type PortableEngine } from "./engine_names.ts";
import type { WorkerStart } from "./worker.ts";

/** The options that choose the engine. */
export interface EngineOptions {
  engine: EngineName;
  threads: number | undefined;
  /** Number of ops that run at the same time. Default: the number of threads. */
  opThreads?: number | undefined;
  ngpu: number | undefined;
  /** Precision of convolutions; only shown here. Default float32. */
  precision?: Precision | undefined;
  /** If this process is one of several that train together. */
  worker?: WorkerStart | undefined;
}

/** Receives the line that names the engine, and notes about it. */
type Tell = (line: string) => void;

/**
 * Starts the engine and prints its name. `auto` is TensorFlow, without fallback to another engine.
 *
 * @returns The engine in words, such as `TensorFlow 2.20.0 on the CPU`.
 */
export async function startEngine(
  { engine, ...options }: EngineOptions,
  tell: Tell = console.error,
): Promise<string> {
  if (!isPortable(engine)) return (await startTensorFlow(options, tell)).description;
  return await startPortable(engine, portable[engine], tell);
}

/** Starts TensorFlow and prints a line that describes it. Returns that, and the library's path. */
export async function startTensorFlow(
  { threads: chosen, opThreads, ngpu, precision = "float32", worker }: Omit<
    EngineOptions,
    "engine"
  >,
  tell: Tell = console.error,
): Promise<{ description: string; library: string }> {
  if (!worker && ngpu !== undefined && ngpu > 1) {
    tell(`note: --ngpu ${ngpu}: one process uses one GPU`);
  }
  const gpu = ngpu === 0 ? false : undefined;
  const threads = chosen ?? worker?.threads;
  const cluster = worker && { hosts: worker.hosts, rank: worker.rank, timeout: worker.timeout };
  const { version, device, library, wantsGpu } = await useTensorFlow({
    ...{ threads, opThreads, gpu, cluster },
  });
  if (device === "CPU" && (ngpu || wantsGpu)) {
    const cause = ngpu ? `--ngpu ${ngpu}` : "there is an NVIDIA driver";
    tell(`note: ${cause}: no usable NVIDIA GPU was found, so the CPU computes`);
  }
  const all = count(threads ?? navigator.hardwareConcurrency, "thread");
  const used = device === "CPU" ? `, ${all}` : "";
  const narrow = precision === "float32" ? "" : `, ${precision}`;
  const together = worker ? `, each of ${worker.hosts.length} workers` : "";
  const description = `TensorFlow ${version} on the ${device}${used}${narrow}${together}`;
  tell(`engine: ${description}`);
  return { description, library };
}

/** Starts plain JavaScript, for tasks that compute nothing. */
export async function startForParams(): Promise<void> {
  await startPortable("cpu", "in plain JavaScript on the CPU (it only moves numbers)");
}

/** What a line says of each of tfjs's backends. */
const portable: Readonly<Record<PortableEngine, string>> = {
  webgpu: "on WebGPU",
  wasm: "in WebAssembly on the CPU",
  cpu: "in plain JavaScript on the CPU (slow, for trying things out: --engine wasm is faster)",
};

/**
 * Starts one of tfjs's backends and prints a line that says so.
 *
 * @param how How it computes, for that line.
 * @throws {UserError} If it cannot run here.
 */
export async function startPortable(
  engine: PortableEngine,
  how: string = portable[engine],
  tell: Tell = console.error,
): Promise<string> {
  await import("@tensorflow/tfjs"); // plain JavaScript, and the gradients of ops
  tf.env().set("IS_NODE", false); // otherwise tfjs prints advice that does not apply here
  if (engine === "wasm") {
    await import("@tensorflow/tfjs-backend-wasm");
    tf.env().set("WASM_HAS_MULTITHREAD_SUPPORT", false); // its threads start in browsers only
  }
  if (engine === "webgpu") {
    if (!await navigator.gpu?.requestAdapter()) {
      throw new UserError(
        "Cannot start the webgpu engine: there is no graphics driver that WebGPU can use here; " +
          "use --engine wasm",
      );
    }
    await import("@tensorflow/tfjs-backend-webgpu");
  }
  if (!await tf.setBackend(engine)) {
    throw new UserError(`Cannot start the ${engine} engine: tfjs cannot run it here`);
  }
  const description = `tfjs ${tf.version_core} ${how}`;
  tell(`engine: ${description}`);
  return description;
}
