/**
 * Starts the engine with `useTensorFlow`.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { checkOptions, type OptionNames } from "../arguments.ts";
import { missingFlags, needsDeno, UserError } from "../errors.ts";
import type { Cluster } from "../tensorflow/cluster.ts";
import type { ContextOptions } from "../tensorflow/config_proto.ts";
import type { InstalledLibrary } from "../provision/mod.ts";
import { checkThreads, checkThreadVariables } from "./thread_numbers.ts";

export type { Cluster };

/** Options of {@link useTensorFlow}. */
export interface TensorFlowOptions {
  /** Compute threads, 1 to 1024. Default: all processors. */
  threads?: number | undefined;
  /**
   * Ops that run at the same time, 1 to 1024. Default: `threads`. With 1, a step on large images needs
   * less memory, and a step on small images takes a little longer.
   */
  opThreads?: number | undefined;
  /**
   * `true`: the build with CUDA. `false`: the build without CUDA, and no GPU is used. Default: CUDA if
   * an NVIDIA driver is found.
   */
  gpu?: boolean | undefined;
  /**
   * The processes that train together, if this is one of several: see `workers` of `trainStep`.
   * TensorFlow listens on the port of this process on all network interfaces, without encryption or
   * authentication: use it only in a private network. If all hosts are loopback (`127.x.x.x`, `[::1]`,
   * `localhost`), only this machine reaches the port on Linux; on other systems, use a firewall.
   */
  cluster?: ClusterOptions | undefined;
  /** Receives lines about downloads. Default: standard error. */
  log?: ((line: string) => void) | undefined;
}

/** The processes that train together, and which of them this one is. */
export interface ClusterOptions extends Cluster {
  /** Seconds after which a step fails if another process does not take part. Default 60. */
  timeout?: number | undefined;
}

/** The engine that {@link useTensorFlow} started. */
export interface TensorFlowInfo {
  /** TensorFlow's version, such as `2.20.0`. */
  version: string;
  /** The path of the library. */
  library: string;
  /** The compute device: `GPU` or `CPU`. */
  device: "GPU" | "CPU";
  /** True if a GPU was requested: by `gpu`, or because there is an NVIDIA driver. */
  wantsGpu: boolean;
}

let active: { info: Promise<TensorFlowInfo>; options: string } | undefined;

/**
 * Makes TensorFlow's C library tfjs's backend (`"tensorflow"`). Finds it, or fetches it with pip into
 * the user's cache folder, opens it, and registers tfjs-node's kernels on it. Call this once, before
 * creating any tensors. A second call with the same options changes nothing.
 *
 * Needs Deno and the permissions `--allow-read --allow-env --allow-ffi`, and
 * `--allow-run --allow-write` if the library must be fetched. The environment variable
 * `ATTENTION_TRANSFER_LIBTENSORFLOW` can name an existing library. Deno downloads tfjs-node's kernels
 * (an npm package) when this is first called; import this from the door `./engine` to have Deno download
 * and lock them with the program.
 *
 * @returns information about the engine.
 * @throws {UserError} If this is not Deno, the library cannot be found, fetched or opened, a permission is
 * missing, the environment sets a thread count that TensorFlow cannot start, or a cluster on loopback
 * cannot be closed to other machines.
 * @throws {TypeError} If an option is unknown.
 * @throws {RangeError} If `threads` or `opThreads` is not an integer from 1 to 1024.
 *
 * @example
 * ```ts
 * import { useTensorFlow } from "@attention-transfer/core";
 *
 * const { version, device } = await useTensorFlow({ threads: 2 });
 * console.log(`TensorFlow ${version} on the ${device}`);
 * ```
 */
export async function useTensorFlow(options: TensorFlowOptions = {}): Promise<TensorFlowInfo> {
  checkOptions("useTensorFlow", options, optionNames);
  needsDeno("start TensorFlow", 'use a backend of tfjs, such as tf.setBackend("wasm")');
  const { threads, opThreads, gpu, cluster, log = console.error } = options;
  checkThreads({ threads, opThreads });
  if (cluster) checkCluster(cluster);
  checkThreadVariables(readableVariable);
  const key = JSON.stringify({ threads, opThreads, gpu, cluster });
  if (active) {
    if (active.options !== key) {
      throw new UserError(
        `Cannot start TensorFlow with ${key}: it already runs in this process with ${active.options}`,
        { code: "in-use" },
      );
    }
    const info = await active.info;
    await setBackend();
    return info;
  }
  active = {
    // Loaded here, because importing the package must have no side effects, and must work without Deno.
    info: import("../provision/mod.ts").then(({ provision }) => provision({ gpu, log }))
      .then((library) => start(library, { threads, opThreads, gpu: gpu !== false }, cluster)),
    options: key,
  };
  try {
    return await active.info;
  } catch (error) {
    active = undefined; // the user may fix the cause and try again
    throw error instanceof Deno.errors.NotCapable ? lacksPermissions(error) : error;
  }
}

const optionNames: OptionNames<TensorFlowOptions> = {
  threads: true,
  opThreads: true,
  gpu: true,
  cluster: true,
  log: true,
};

function checkCluster({ hosts, rank, timeout = 1 }: ClusterOptions): void {
  const isAddress = (host: string) => {
    const [, port] = host.match(/^(?:\[[0-9a-f:.]+\]|[\w.-]+):([1-9]\d{0,4})$/i) ?? [];
    return port !== undefined && Number(port) <= 65535;
  };
  const wrong = hosts.find((host) => !isAddress(host));
  if (hosts.length === 0 || wrong !== undefined) {
    throw new RangeError(
      `The hosts of a cluster must be addresses such as 127.0.0.1:4000: current value is ` +
        JSON.stringify(wrong ?? hosts),
    );
  }
  if (!Number.isInteger(rank) || rank < 0 || rank >= hosts.length) {
    throw new RangeError(
      `The rank must be a whole number from 0 to ${hosts.length - 1}: current value is ${rank}`,
    );
  }
  if (!(timeout > 0)) {
    throw new RangeError(`The timeout must be above 0: current value is ${timeout}`);
  }
}

function lacksPermissions(error: Error): UserError {
  const flags = missingFlags(error, ["read", "env", "ffi"]);
  return new UserError(
    `Cannot start TensorFlow: this program was given too few permissions, and needs ${flags}; where ` +
      "TensorFlow is still to be fetched, also --allow-run --allow-write",
    { code: "no-permission", cause: error },
  );
}

/** An environment variable; undefined without the permission to read it. */
function readableVariable(variable: string): string | undefined {
  const { state } = Deno.permissions.querySync({ name: "env", variable });
  return state === "granted" ? Deno.env.get(variable) : undefined;
}

function setUnlessSet(variable: string, value: string): void {
  if (!Deno.env.has(variable)) Deno.env.set(variable, value);
}

/** The backend, once TensorFlow is running. */
let backend: tf.KernelBackend | undefined;

async function setBackend(): Promise<void> {
  // `tf.removeBackend` removes it, but its tensors and compiled functions stay valid.
  if (!tf.findBackendFactory("tensorflow")) {
    tf.registerBackend("tensorflow", () => backend as tf.KernelBackend, 3);
  }
  // If a backend does not start, tfjs would silently use another one.
  if (!await tf.setBackend("tensorflow")) throw new Error("tfjs did not take TensorFlow's backend");
}

async function start(
  { path, preload, gpu }: InstalledLibrary,
  options: ContextOptions,
  cluster: ClusterOptions | undefined,
): Promise<TensorFlowInfo> {
  // TensorFlow reads these when it is loaded. We receive its errors even if it does not print them.
  // Only for an unusable GPU, it just prints the reason.
  setUnlessSet("TF_CPP_MIN_LOG_LEVEL", gpu ? "2" : "3");
  // On x86 processors without AVX512-VNNI or AVX-VNNI, TensorFlow leaves oneDNN off. Then a training
  // step takes up to 1.8 times as long.
  setUnlessSet("TF_ENABLE_ONEDNN_OPTS", "1");
  // Without this, all contexts share the threads of the first, but image decoding has its own context.
  Deno.env.set("TF_OVERRIDE_GLOBAL_THREADPOOL", "1");
  const [{ openLibrary }, { Context }, { Binding }, { TensorFlowBackend }, kernels] = await Promise
    .all([
      import("../tensorflow/library.ts"),
      import("../tensorflow/context.ts"),
      import("./binding.ts"),
      import("./backend.ts"),
      import("./kernels/register.ts"),
    ]);
  const context = new Context(openLibrary(path, preload), options);
  if (cluster) {
    const { joinCluster } = await import("../tensorflow/cluster.ts");
    const { openNativeStderr } = await import("../tensorflow/native_stderr.ts");
    const { setGroup } = await import("./kernels/all_reduce.ts");
    // TensorFlow announces its server on standard error, at every log level.
    const native = openNativeStderr(path);
    native?.hold();
    try {
      await joinCluster(context, cluster);
    } finally {
      native?.release();
    }
    const { hosts, rank, timeout = 60 } = cluster;
    setGroup({ rank, size: hosts.length, timeout });
  }
  const binding = new Binding(context);
  backend = new TensorFlowBackend(binding);
  await setBackend();
  kernels.registerKernels();
  return {
    version: binding.TF_Version,
    library: path,
    device: binding.isUsingGpuDevice() ? "GPU" : "CPU",
    wantsGpu: gpu,
  };
}
