/**
 * Starts what computes, as `--engine`, `--threads` and `--ngpu` say.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { UserError } from "../../lib/errors.ts";
import type { Precision } from "../../lib/jit/mod.ts";
import { useTensorFlow } from "../../lib/backend/use_tensorflow.ts";

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

/** Takes the line that says which engine computes, and notes on it. */
type Tell = (line: string) => void;

/**
 * Starts the engine, and says in a line which one it is. `auto` is TensorFlow: it never changes to
 * another one by itself.
 *
 * @returns the engine in words, such as `TensorFlow 2.20.0 on the CPU`.
 */
export async function startEngine(
  { engine, ...options }: EngineOptions,
  tell: Tell = console.error,
): Promise<string> {
  if (engine !== "cpu") return (await startTensorFlow(options, tell)).description;
  return await startPortable("slow: for trying things out only", tell);
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
  tell: Tell = console.error,
): Promise<StartedTensorFlow> {
  if (ngpu !== undefined && ngpu > 1) tell(`note: --ngpu ${ngpu}: one process uses one GPU`);
  const gpu = ngpu === 0 ? false : undefined;
  const { version, device, library, wantsGpu } = await useTensorFlow({ threads, opThreads, gpu });
  if (device === "CPU" && (ngpu || wantsGpu)) {
    const cause = ngpu ? `--ngpu ${ngpu}` : "there is an NVIDIA driver";
    tell(`note: ${cause}: no usable NVIDIA GPU was found, so the CPU computes`);
  }
  const count = device === "CPU" ? `, ${threads ?? navigator.hardwareConcurrency} threads` : "";
  const narrow = precision === "float32" ? "" : `, ${precision}`;
  const description = `TensorFlow ${version} on the ${device}${count}${narrow}`;
  tell(`engine: ${description}`);
  return { description, library };
}

/** Starts tfjs's own backend, and says so in a line with a remark. */
export async function startPortable(remark: string, tell: Tell = console.error): Promise<string> {
  await import("@tensorflow/tfjs"); // its plain JavaScript backend, and the gradients of its ops
  tf.env().set("IS_NODE", false); // else tfjs gives advice that is of no use here
  if (!await tf.setBackend("cpu")) {
    throw new UserError("Cannot start the cpu engine: tfjs has no such backend here");
  }
  const description = `tfjs ${tf.version_core} in plain JavaScript on the CPU (${remark})`;
  tell(`engine: ${description}`);
  return description;
}
