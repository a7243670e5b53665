/**
 * Starts what computes, as `--engine`, `--threads` and `--ngpu` say.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { UserError } from "../lib/errors.ts";
import type { Precision } from "../lib/engine/jit.ts";
import { useTensorFlow } from "../lib/engine/use_tensorflow.ts";

/** The options that choose the engine. */
export interface EngineOptions {
  engine: "auto" | "tensorflow" | "cpu";
  threads: number | undefined;
  /** Ops that run at a time; as many as threads unless given. */
  opThreads?: number | undefined;
  ngpu: number | undefined;
  /** What convolutions compute in; only told here. Float32 unless given. */
  precision?: Precision | undefined;
}

/**
 * Starts the engine, and says in a line which one it is. `auto` is TensorFlow: it never changes to
 * another one by itself.
 *
 * @returns the engine in words, such as `TensorFlow 2.20.0 on the CPU`.
 */
export async function startEngine({ engine, ...options }: EngineOptions): Promise<string> {
  if (engine !== "cpu") return (await startTensorFlow(options)).description;
  const description = await startPortable();
  console.error(`engine: ${description}`);
  return description;
}

/** TensorFlow in words, and where it lies. */
export interface StartedTensorFlow {
  description: string;
  /** The path of libtensorflow. */
  library: string;
}

/** Starts TensorFlow, and says in a line where it computes. */
export async function startTensorFlow(
  { threads, opThreads, ngpu, precision = "float32" }: Omit<EngineOptions, "engine">,
): Promise<StartedTensorFlow> {
  if (ngpu !== undefined && ngpu > 1) {
    console.error(`note: --ngpu ${ngpu}: one process uses one GPU`);
  }
  const gpu = ngpu === 0 ? false : undefined;
  const { version, device, library } = await useTensorFlow({ threads, opThreads, gpu });
  if (ngpu && device === "CPU") {
    console.error(`note: --ngpu ${ngpu}: no usable NVIDIA GPU was found, so the CPU computes`);
  }
  const count = device === "CPU" ? `, ${threads ?? navigator.hardwareConcurrency} threads` : "";
  const narrow = precision === "float32" ? "" : `, ${precision}`;
  const description = `TensorFlow ${version} on the ${device}${count}${narrow}`;
  console.error(`engine: ${description}`);
  return { description, library };
}

async function startPortable(): Promise<string> {
  await import("@tensorflow/tfjs"); // its plain JavaScript backend, and the gradients of its ops
  if (!await tf.setBackend("cpu")) {
    throw new UserError("Cannot start the cpu engine: tfjs has no such backend here");
  }
  return `tfjs ${tf.version_core} in plain JavaScript (slow: for trying things out only)`;
}
