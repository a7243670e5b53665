/**
 * The programs that `deno task bench --gpu` compares, each in a process of its own: ours op by op and by
 * XLA, PyTorch's variants, and JAX.
 *
 * @module
 */
import { join } from "@std/path";
import { UserError } from "../../../lib/errors.ts";
import type { Precision } from "../../../lib/jit/mod.ts";
import type { Case } from "../cases.ts";
import { type Child, type Message, pythonProgram, startChild } from "../child.ts";
import { startOurs } from "../ours.ts";

/** What all programs of a section have in common. */
export interface Surroundings {
  gpu: boolean;
  python: string;
  threads: number;
  /**
   * A folder for the caches of compilers, which all sections share, and for all other files that they
   * need. The command removes it.
   */
  caches: string;
  /** The packages that Python has. */
  peers: Peers;
}

/** The packages to compare with; null where there is none. */
export interface Peers {
  torch: string | null;
  /** Whether PyTorch can use a GPU. */
  torchGpu: boolean;
  jax: string | null;
}

/** A Python without any of them, or none. */
export const noPeers: Peers = { torch: null, torchGpu: false, jax: null };

/** A program that is running. */
export interface Half extends Pick<Child, "close" | "kill"> {
  /** The mean milliseconds of so many steps. */
  time(shape: Case, precision: Precision, steps: number): Promise<number>;
  /** The most bytes of its process, and those that its tensors took on the GPU if it knows. */
  memory(): Promise<{ peakBytes: number; deviceBytes?: number }>;
}

/** A program to compare. */
export interface Contender {
  readonly name: string;
  start(): Promise<Half>;
  /** True if it can make this step. */
  takes(shape: Case): boolean;
}

/** The names of our two programs. */
export const [opByOp, byXla] = ["ours, op by op", "ours, XLA"] as const;

/** All programs that can run here. */
export function contenders(surroundings: Surroundings): Contender[] {
  const { gpu, peers: { torch, torchGpu, jax } } = surroundings;
  const hasTorch = torch !== null && (!gpu || torchGpu);
  const all = () => true;
  return [
    { name: opByOp, start: () => startOurHalf(surroundings, false), takes: all },
    { name: byXla, start: () => startOurHalf(surroundings, true), takes: all },
    ...(hasTorch ? ["eager", "channels_last", "compile"] : []).map((variant): Contender => ({
      name: `PyTorch ${variant}`,
      start: () => startPyTorchHalf(surroundings, variant),
      takes: all,
    })),
    ...(jax !== null
      ? [{ name: "JAX", start: () => startJaxHalf(surroundings), takes: isPlain }]
      : []),
  ];
}

/** True for a plain step of a WideResNet, which is all that our JAX program has. */
export function isPlain(shape: Case): boolean {
  return Object.keys(shape).every((key) => ["depth", "width", "batch"].includes(key));
}

async function startOurHalf(surroundings: Surroundings, xla: boolean): Promise<Half> {
  const { gpu, threads, caches } = surroundings;
  const half = await startOurs({
    ...{ threads, opThreads: undefined, gpu },
    env: engineVariables({ caches, tf32: true }),
  });
  return {
    ...half,
    time: async (shape, precision, steps) => {
      const [time] = await half.times({ case: shape, precision, steps, xla, block: true });
      return time as number;
    },
  };
}

/** How TensorFlow is set up in a program of ours. */
export interface EngineSettings {
  /** The folder for the caches of compilers. */
  caches: string;
  /** Whether a GPU may round the factors of float32 products to TF32's 11 bits. */
  tf32: boolean;
  /** Whether it must not see the GPU. Default false. */
  hidesGpu?: boolean;
}

/**
 * The environment variables of a program of ours: it takes memory as it needs it, because others share
 * the GPU, and keeps what XLA compiles.
 */
export function engineVariables(
  { caches, tf32, hidesGpu = false }: EngineSettings,
): Record<string, string> {
  const given = Deno.env.get("TF_XLA_FLAGS") ?? "";
  const folder = join(caches, tf32 ? "xla" : "xla-exact"); // compiled with other settings, so not shared
  return {
    TF_FORCE_GPU_ALLOW_GROWTH: "true",
    TF_XLA_FLAGS: `${given} --tf_xla_persistent_cache_directory=${folder}`.trim(),
    ...(!tf32 && { [tf32Variable]: "0" }),
    ...(hidesGpu && { CUDA_VISIBLE_DEVICES: "-1" }),
  };
}

/** With 0 here, NVIDIA's libraries never use TF32; our half tells TensorFlow the same. */
export const tf32Variable = "NVIDIA_TF32_OVERRIDE";

/**
 * Starts tasks/bench/pytorch.py on a device.
 *
 * @param tf32 whether its float32 products may be TF32.
 */
export function startTorch(
  { python, threads, caches }: Pick<Surroundings, "python" | "threads" | "caches">,
  { gpu, tf32 }: { gpu: boolean; tf32: boolean },
): Promise<Child> {
  const flags = ["--threads", String(threads), ...(gpu ? ["--device", "cuda"] : [])];
  const args = [pythonProgram("pytorch.py"), ...flags, ...(tf32 ? ["--tf32"] : [])];
  return startChild(python, args, { TORCHINDUCTOR_CACHE_DIR: join(caches, "inductor") });
}

async function startPyTorchHalf(surroundings: Surroundings, variant: string): Promise<Half> {
  const child = await startTorch(surroundings, { gpu: surroundings.gpu, tf32: true });
  return halfOf(child, { variant, block: true });
}

async function startJaxHalf({ python, gpu }: Surroundings): Promise<Half> {
  const child = await startChild(python, [pythonProgram("jax_steps.py"), "--tf32"], {
    XLA_PYTHON_CLIENT_PREALLOCATE: "false",
    ...(!gpu && { JAX_PLATFORMS: "cpu" }),
  });
  const { device } = child.ready;
  if (gpu && device === "cpu") {
    await child.kill();
    throw new UserError("this JAX has no GPU: install JAX with CUDA, or leave it out");
  }
  return halfOf(child, {});
}

/** A Python program as a half. */
function halfOf(child: Child, how: Message): Half {
  return {
    ...child,
    time: async (shape, precision, steps) => {
      const { times } = await child.ask({ ...how, case: shape, precision, steps });
      return (times as number[])[0] as number;
    },
    memory: async () => await child.ask({ memory: true }) as unknown as { peakBytes: number },
  };
}
