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
import type { WorkerStart } from "./worker.ts";

/** The options that choose the engine. */
export interface EngineOptions {
  engine: "auto" | "tensorflow" | "cpu";
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
  if (engine !== "cpu") return (await startTensorFlow(options, tell)).description;
  return await startPortable("slow: for trying things out only", tell);
}

/** A description of TensorFlow, and the path of its library. */
export interface StartedTensorFlow {
  description: string;
  /** The path of libtensorflow. */
  library: string;
}

/** Starts TensorFlow and prints a line that names the device. */
export async function startTensorFlow(
  { threads: chosen, opThreads, ngpu, precision = "float32", worker }: Omit<
    EngineOptions,
    "engine"
  >,
  tell: Tell = console.error,
): Promise<StartedTensorFlow> {
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
  const used = count(threads ?? navigator.hardwareConcurrency, "thread");
  const narrow = precision === "float32" ? "" : `, ${precision}`;
  const together = worker ? `, each of ${worker.hosts.length} workers` : "";
  const description = `TensorFlow ${version} on the ${device}${
    device === "CPU" ? `, ${used}` : ""
  }${narrow}${together}`;
  tell(`engine: ${description}`);
  return { description, library };
}

/** Starts tfjs's own backend and prints a line that says so, with a remark. */
export async function startPortable(remark: string, tell: Tell = console.error): Promise<string> {
  await import("@tensorflow/tfjs"); // its JavaScript backend and op gradients
  tf.env().set("IS_NODE", false); // otherwise tfjs prints advice that does not apply here
  if (!await tf.setBackend("cpu")) {
    throw new UserError("Cannot start the cpu engine: tfjs has no such backend here");
  }
  const description = `tfjs ${tf.version_core} in plain JavaScript on the CPU (${remark})`;
  tell(`engine: ${description}`);
  return description;
}
