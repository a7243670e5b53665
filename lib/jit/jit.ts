/**
 * `jit`: traces a pure function of tensors once a signature, and runs the compiled result.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { checkFunction, checkOptions, describeValue, explainDisposed } from "../arguments.ts";
import { correctGradients } from "../autodiff/correct_gradients.ts";
import { UserError } from "../errors.ts";
import { describeUntraced } from "./precision.ts";
import type { Profile, ProfileOptions } from "./profile.ts";
import type { Compiled, Precision, TracingBackend } from "./tracing_backend.ts";
import { type Flat, flatten, type Tree, unflatten } from "../tree.ts";

export type {
  NodeSource,
  Profile,
  ProfiledEvent,
  ProfiledNode,
  ProfiledRun,
  ProfileOptions,
} from "./profile.ts";
export type { Precision } from "./tracing_backend.ts";

/** Options of {@link jit}. */
export interface JitOptions {
  /**
   * What the compiled function computes in. With `"bfloat16"`, convolutions and what lies between them
   * do (batch norm's statistics excepted), as under PyTorch's autocast; arguments, results and all
   * other ops stay float32. Default `"float32"`.
   */
  precision?: Precision | undefined;
}

/** A function compiled by {@link jit}. */
export interface Jitted<Args extends unknown[], Result> {
  /** Runs the function; the first call with a new signature traces and compiles it. */
  (...args: Args): Promise<Result>;
  /** How often the function was traced; stays 0 where the backend cannot trace. */
  readonly traceCount: number;
  /**
   * Runs the function some times to see when each of its nodes runs, and for how long; the results are
   * not kept. Traces and compiles it first where the signature is new.
   *
   * @throws {UserError} If the backend compiles no functions, or computes on a GPU.
   * @throws {RangeError} If an option is out of range.
   */
  profile(args: Args, options?: ProfileOptions): Promise<Profile>;
  /** The traces as text, a line a node, in the order in which they were made. */
  printTraces(): string[];
  /** Frees the compiled functions; the next call traces anew. */
  dispose(): void;
}

/** More signatures than this are taken for a mistake. */
const maxTraces = 64;

interface Entry {
  compiled: Compiled;
  /** The result's structure, its tensors in the order of the compiled function's outputs. */
  result: Tree;
  resultPaths: readonly string[];
}

/**
 * Compiles a pure function of tensors into one TensorFlow function that runs off the JavaScript
 * thread, as `jax.jit` does. Where the current backend cannot trace, the function is awaited as it is.
 *
 * `f` takes and returns tensors, and arrays and plain objects of them. It is traced once for every
 * signature: the shapes and types of all tensors, and the values of all plain arguments (numbers,
 * strings, booleans). A number that changes from call to call is better a `tf.scalar`. Results are
 * new, ordinary tensors that belong to the caller.
 *
 * `f` must be pure, for it runs only while it is traced: what it reads or changes outside is seen
 * once. Tensors from outside keep the values they had then (`tf.Tensor`s cannot change anyway):
 * small ones (up to 1024 elements) that are made in `f` from JavaScript values, or captured and int32,
 * bool or string, become constants; any other becomes a hidden input, held until `dispose()`. A
 * `tf.Variable` from outside can change: each call takes the value that it has then, so that a network
 * of tfjs's layers may be a teacher. What is computed of variables alone is computed at each call; of
 * other captured tensors, once.
 *
 * Random numbers that are drawn in JavaScript would be the same at every call, so they are refused:
 * `tf.dropout`, `tf.randomNormal` and the like without a seed (or with seed 0, which tfjs takes for
 * none), `tf.rand`, `Math.random`, `crypto.getRandomValues`. Draw them outside and pass them in. With a
 * seed they may be drawn in `f`, for they are the same at every call anyway. `tf.multinomial` samples
 * anew at every call. A generator of one's own and the clock are not seen: do not use them in `f`.
 *
 * @param options what to compute in.
 * @throws {RangeError} If there is no such precision.
 * @throws {TypeError} If an argument or result is no tensor, plain value, array or plain
 * object, where `f` is asynchronous, and for an option that is not known.
 * @throws {Error} If `f` reads a traced tensor, keeps one, makes or assigns a `tf.Variable`, draws
 * random numbers, uses an op whose result's shape depends on values, or was traced 64 times;
 * where it is to compute in bfloat16 on a backend that cannot trace.
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
  checkOptions("jit", options, { precision: true });
  const { precision = "float32" } = options;
  if (precision !== "float32" && precision !== "bfloat16") {
    throw new RangeError(
      `Cannot compute in ${describeValue(precision)}: it must be "float32" or "bfloat16"`,
    );
  }
  const traces = new Traces(f, precision);
  const run = async (
    backend: Partial<TracingBackend>,
    args: Args,
  ): Promise<Awaited<Result>> => {
    correctGradients();
    if (!backend.compile) return await runUntraced(f, args, precision);
    const { compiled, result, tensors } = traces.of(backend as TracingBackend, args);
    return unflatten(result, await compiled.run(tensors)) as Awaited<Result>;
  };
  const call = (...args: Args): Promise<Awaited<Result>> => {
    const backend = tf.backend() as Partial<TracingBackend>;
    // At once, for nobody awaits a promise in there.
    if (backend.tracing) throw new Error(calledWhileTracing);
    return run(backend, args);
  };
  return Object.defineProperty(
    Object.assign(call, {
      traceCount: 0,
      profile: async (args: Args, options?: ProfileOptions) => {
        const backend = tf.backend() as Partial<TracingBackend>;
        if (!backend.compile) throw new UserError(describeUnprofiled(), { code: "not-supported" });
        const { compiled, resultPaths, tensors, paths } = traces.of(
          backend as TracingBackend,
          args,
        );
        return await compiled.profile(tensors, { argumentPaths: paths, resultPaths }, options);
      },
      printTraces: () => traces.print(),
      dispose: () => traces.dispose(),
    }),
    "traceCount",
    { get: () => traces.size },
  );
}

const calledWhileTracing =
  "Cannot call a jitted function inside a function that jit traces: call the plain function there";

/** Awaits the function itself, on a backend that cannot trace it. */
async function runUntraced<Args extends unknown[], Result>(
  f: (...args: Args) => Result,
  args: Args,
  precision: Precision,
): Promise<Awaited<Result>> {
  if (precision !== "float32") throw new Error(describeUntraced(precision));
  flatten(args, "arguments"); // refuses disposed tensors, as where a function is traced
  try {
    return await f(...args);
  } catch (error) {
    throw explainDisposed(error);
  }
}

/** The traces of a function, one for each signature: the places, types and shapes of what it is given. */
class Traces<Args extends unknown[], Result> {
  readonly #f: (...args: Args) => Result;
  readonly #precision: Precision;
  readonly #entries = new Map<string, Entry>();
  #lastLeaves: Flat["leaves"] = [];

  constructor(f: (...args: Args) => Result, precision: Precision) {
    this.#f = f;
    this.#precision = precision;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** The trace for these arguments, made where there is none yet; and their tensors. */
  of(backend: TracingBackend, args: Args): Entry & Pick<Flat, "tensors" | "paths"> {
    const { tree, tensors, paths, leaves } = flatten(args, "arguments");
    const signature = leaves.map(({ path, type }) => `${path}: ${type}`).join("\n");
    let entry = this.#entries.get(signature);
    if (!entry) {
      if (this.size >= maxTraces) throw new Error(describeRetrace(this.#lastLeaves, leaves));
      entry = trace(this.#f, backend, tree, tensors, this.#precision);
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
  precision: Precision,
): Entry {
  let result: Flat | undefined;
  const compiled = backend.compile(tensors, (inputs) => {
    const value: unknown = f(...unflatten(tree, inputs) as Args);
    if (value instanceof Promise) {
      value.catch(() => {}); // its own failure would only repeat what is thrown here
      throw new TypeError(
        "Cannot trace an asynchronous function: give jit a function that returns its result, and " +
          "await what is asynchronous outside of it",
      );
    }
    result = flatten(value, "result");
    return result.tensors;
  }, precision);
  const { tree: structure, paths } = result as Flat;
  return { compiled, result: structure, resultPaths: paths };
}

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
