/**
 * `jit`: traces a pure function of tensors once per signature, and runs the compiled result.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { checkFunction, checkOptions, describeValue, explainDisposed } from "../arguments.ts";
import { correctGradients } from "../autodiff/correct_gradients.ts";
import { UserError } from "../errors.ts";
import { describeUntraced } from "./precision.ts";
import type { Profile, ProfileOptions } from "./profile.ts";
import {
  calledWhileTracing,
  type Compiled,
  type CompileOptions,
  type Precision,
  type TracingBackend,
} from "./tracing_backend.ts";
import { type Flat, flatten, type Tree, unflatten } from "../tree.ts";

export type { Precision } from "./tracing_backend.ts";

/** Options of {@link jit}. */
export interface JitOptions {
  /**
   * The precision of the compiled function. With `"bfloat16"`, convolutions and ops between them use it
   * (except batch norm's statistics), like PyTorch's autocast. Arguments, results and all other ops
   * stay float32. Default `"float32"`.
   */
  precision?: Precision | undefined;
  /**
   * Whether XLA compiles the function to machine code, in place of running it op by op. The first call
   * with a signature then takes from seconds to a minute. Meant for GPUs: on the CPU it gains
   * little or nothing. It refuses ops whose result shape depends on values, and has no effect on a
   * backend that cannot trace. Default false.
   */
  xla?: boolean | undefined;
}

/** A function compiled by {@link jit}. */
export interface Jitted<Args extends unknown[], Result> {
  /** Runs the function; the first call with a new signature traces and compiles it. */
  (...args: Args): Promise<Result>;
  /** How many times the function was traced. Stays 0 if the backend cannot trace. */
  readonly traceCount: number;
  /**
   * Runs the function several times to measure when each of its nodes runs, and how long. The results
   * are discarded. Traces and compiles it first if the signature is new.
   *
   * @throws {UserError} If XLA compiles the function (code `"not-supported"`), if the backend cannot
   * compile functions, or if it uses a GPU.
   * @throws {RangeError} If an option is out of range.
   */
  profile(args: Args, options?: ProfileOptions): Promise<Profile>;
  /** The traces as text, one line per node, in the order of tracing. */
  printTraces(): string[];
  /** Frees the compiled functions. The next call traces again. */
  dispose(): void;
}

/** More signatures than this are treated as a mistake. */
const maxTraces = 64;

interface Entry {
  compiled: Compiled;
  /** The result's structure, with tensors in the order of the compiled function's outputs. */
  result: Tree;
  resultPaths: readonly string[];
}

/**
 * Compiles a pure function of tensors to a TensorFlow function that runs outside the JavaScript thread,
 * like `jax.jit`. If the current backend cannot trace, calls run `f` itself.
 *
 * `f` takes and returns tensors, and arrays and plain objects of them. It is traced once for every
 * signature: the shapes and types of all tensors, and the values of all plain arguments (numbers,
 * strings, booleans). So pass a number that changes at each call as a `tf.scalar`. Results are new,
 * ordinary tensors that belong to the caller.
 *
 * `f` must be pure, because it only runs while it is traced: what it reads or changes outside is seen
 * only once. Outside tensors keep the values they had then (a `tf.Tensor` cannot change anyway). Small
 * tensors (up to 1024 elements) become constants if they are made in `f` from JavaScript values, or
 * captured with type int32, bool or string. Any other one becomes a hidden input, kept until
 * `dispose()`. An outside `tf.Variable` can change: each call uses its current value, so a network of
 * tfjs layers can be a teacher. Computations that depend only on captured tensors run once; those that
 * depend on variables run at each call.
 *
 * Random numbers drawn in JavaScript would be the same at every call, so they are refused:
 * `tf.dropout`, `tf.randomNormal` and the like without a seed (or with seed 0, which tfjs treats as
 * none), `tf.rand`, `Math.random`, `crypto.getRandomValues`. Draw them outside and pass them in. With a
 * seed they are allowed in `f`, because they are the same at every call anyway. `tf.multinomial` draws
 * new samples at every call. Do not use other generators or the clock in `f`: they are not detected.
 *
 * @param options the precision, and whether XLA compiles.
 * @throws {RangeError} If the precision is unknown.
 * @throws {TypeError} If an argument or result is not a tensor, plain value, array or plain object, if
 * `f` is asynchronous, if an option is unknown, or if `xla` is no boolean.
 * @throws {Error} If `f` reads the values of a traced tensor or of a `tf.Variable`, keeps a traced
 * tensor, creates or assigns a `tf.Variable`, draws random numbers, uses an op whose result shape
 * depends on values, or was traced 64 times; or for bfloat16 on a backend that cannot trace.
 *
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs-core";
 * import { jit, useTensorFlow } from "@attention-transfer/core";
 *
 * await useTensorFlow();
 * const norm = jit((x: tf.Tensor) => tf.sqrt(tf.sum(tf.square(x))));
 * console.log((await norm(tf.tensor1d([3, 4]))).dataSync()[0]); // 5
 * ```
 */
export function jit<Args extends unknown[], Result>(
  f: (...args: Args) => Result,
  options: JitOptions = {},
): Jitted<Args, Awaited<Result>> {
  checkFunction("what jit compiles", f);
  const { precision, xla } = checkJitOptions(options);
  const traces = new Traces(f, { precision, xla });
  const run = async (
    backend: Partial<TracingBackend>,
    args: Args,
  ): Promise<Awaited<Result>> => {
    correctGradients();
    if (!backend.compile) return await runUntraced(f, args, precision);
    const { compiled, result, tensors } = traces.of(backend as TracingBackend, args);
    return unflatten(result, await compiled.run(tensors)) as Awaited<Result>;
  };
  /** The backend. Throws synchronously while it traces, because nothing awaits a promise there. */
  const backendNow = () => {
    const backend = tf.backend() as Partial<TracingBackend>;
    if (backend.tracing) throw new Error(calledWhileTracing);
    return backend;
  };
  const call = (...args: Args): Promise<Awaited<Result>> => run(backendNow(), args);
  const profile = async (
    backend: Partial<TracingBackend>,
    args: Args,
    options?: ProfileOptions,
  ): Promise<Profile> => {
    if (xla) throw new UserError(noXlaProfile, { code: "not-supported" });
    if (!backend.compile) throw new UserError(describeUnprofiled(), { code: "not-supported" });
    const { compiled, resultPaths, tensors, paths } = traces.of(backend as TracingBackend, args);
    return await compiled.profile(tensors, { argumentPaths: paths, resultPaths }, options);
  };
  return Object.defineProperty(
    Object.assign(call, {
      traceCount: 0,
      profile: (args: Args, options?: ProfileOptions) => profile(backendNow(), args, options),
      printTraces: () => traces.print(),
      dispose: () => traces.dispose(),
    }),
    "traceCount",
    { get: () => traces.size },
  );
}

/** The options with their defaults. */
function checkJitOptions(
  options: JitOptions,
): { precision: Precision; xla: boolean } {
  checkOptions("jit", options, { precision: true, xla: true });
  const { precision = "float32", xla = false } = options;
  if (precision !== "float32" && precision !== "bfloat16") {
    throw new RangeError(
      `Cannot compute in ${describeValue(precision)}: it must be "float32" or "bfloat16"`,
    );
  }
  if (typeof xla !== "boolean") {
    throw new TypeError(`Cannot use ${describeValue(xla)} as xla: it must be true or false`);
  }
  return { precision, xla };
}

/** Runs the function itself, on a backend that cannot trace it. */
async function runUntraced<Args extends unknown[], Result>(
  f: (...args: Args) => Result,
  args: Args,
  precision: Precision,
): Promise<Awaited<Result>> {
  if (precision !== "float32") throw new Error(describeUntraced(precision));
  flatten(args, "arguments"); // refuses disposed tensors, like tracing does
  try {
    return await f(...args);
  } catch (error) {
    throw explainDisposed(error);
  }
}

/** The traces of a function, one per signature: the paths, types and shapes of its arguments. */
class Traces<Args extends unknown[], Result> {
  readonly #f: (...args: Args) => Result;
  readonly #options: CompileOptions;
  readonly #entries = new Map<string, Entry>();
  #lastLeaves: Flat["leaves"] = [];

  constructor(f: (...args: Args) => Result, options: CompileOptions) {
    this.#f = f;
    this.#options = options;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Returns the trace for these arguments, created if new, and their tensors. */
  of(backend: TracingBackend, args: Args): Entry & Pick<Flat, "tensors" | "paths"> {
    const { tree, tensors, paths, leaves } = flatten(args, "arguments");
    const signature = leaves.map(({ path, type }) => `${path}: ${type}`).join("\n");
    let entry = this.#entries.get(signature);
    if (!entry) {
      if (this.size >= maxTraces) throw new Error(describeRetrace(this.#lastLeaves, leaves));
      entry = trace(this.#f, backend, tree, tensors, this.#options);
      this.#entries.set(signature, entry);
    }
    this.#lastLeaves = leaves;
    return { ...entry, tensors, paths };
  }

  print(): string[] {
    return [...this.#entries.values()].map(({ compiled }) => compiled.print());
  }

  dispose(): void {
    this.#entries.forEach(({ compiled }) => compiled.dispose());
    this.#entries.clear();
  }
}

function trace<Args extends unknown[], Result>(
  f: (...args: Args) => Result,
  backend: TracingBackend,
  tree: Tree,
  tensors: readonly tf.Tensor[],
  options: CompileOptions,
): Entry {
  let result: Flat | undefined;
  const compiled = backend.compile(tensors, (inputs) => {
    const value: unknown = f(...unflatten(tree, inputs) as Args);
    if (value instanceof Promise) {
      value.catch(() => {}); // its own error would only repeat ours
      throw new TypeError(
        "Cannot trace an asynchronous function: give jit a function that returns its result, and " +
          "await what is asynchronous outside of it",
      );
    }
    result = flatten(value, "result");
    return result.tensors;
  }, options);
  const { tree: structure, paths } = result as Flat;
  return { compiled, result: structure, resultPaths: paths };
}

const noXlaProfile =
  "Cannot profile a function that XLA compiles: its nodes do not run one by one; profile it without xla";

function describeUnprofiled(): string {
  return `Cannot profile on the ${tf.getBackend()} backend, which compiles nothing: call ` +
    "useTensorFlow() first";
}

function describeRetrace(
  before: readonly { path: string; type: string }[],
  now: readonly { path: string; type: string }[],
): string {
  const changed = now.findIndex(({ path, type }, i) =>
    before[i]?.path !== path || before[i]?.type !== type
  );
  const [old, leaf] = [before[changed], now[changed]];
  const change = old && leaf
    ? `${leaf.path} was ${old.type} and is ${leaf.type}`
    : `${before.length} values were given and now ${now.length}`;
  return `Cannot trace a jitted function more than ${maxTraces} times: each new signature compiles ` +
    `anew (last change: ${change}). Pass a number that changes as tf.scalar, and keep shapes alike`;
}
