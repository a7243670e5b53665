/**
 * The tfjs backend: tfjs-node's kernels on our binding, which can also trace.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import type { Binding, TensorMetadata } from "./binding.ts";
import type { Handle } from "../tensorflow/context.ts";
import { DataType, describeType } from "../tensorflow/data_types.ts";
import { isStateful } from "../tensorflow/op_inputs.ts";
import { UserError } from "../errors.ts";
import { CompiledFunction } from "./compiled_function.ts";
import type { Executor } from "./kernels/kernel.ts";
import { importTfjsNode } from "./tfjs_node.ts";
import { hoist } from "../jit/hoist.ts";
import { lower, runOnce } from "../jit/lower.ts";
import type {
  Compiled,
  CompileOptions,
  Precision,
  TracingBackend,
} from "../jit/tracing_backend.ts";
import { optimize } from "../jit/passes.ts";
import { checkNotRand, withoutRandomNumbers } from "../jit/random_numbers.ts";
import { canFuse, canNarrow } from "../jit/probes.ts";
import { isInBackwardPass } from "../jit/scopes.ts";
import type { Trace, TraceRecorder } from "../jit/trace.ts";
import { forXla } from "../jit/xla.ts";
import { changed, TracedVariables } from "../jit/variables.ts";

/** The data that tfjs-node's backend stores for a tensor. */
interface TensorData {
  shape: number[];
  dtype: number;
  /** Values to copy to TensorFlow when the tensor is first used. */
  values: tf.backend_util.BackendValues | null;
  id: number;
  refCount: number;
}

/** Members of tfjs-node's backend that are missing in its types. */
interface NodeBackend extends tf.KernelBackend, Executor {
  tensorMap: tf.DataStorage<TensorData>;
  createOutputTensor(metadata: TensorMetadata): tf.Tensor;
  getInputTensorIds(tensors: tf.TensorInfo[]): number[];
}

/** Maps TensorFlow's types to tfjs's. tfjs has no int64 and uint8, and uses string for a resource. */
const tfjsTypes = new Map<number, tf.DataType>([
  [DataType.float32, "float32"],
  [DataType.int32, "int32"],
  [DataType.int64, "int32"],
  [DataType.uint8, "int32"],
  [DataType.bool, "bool"],
  [DataType.complex64, "complex64"],
  [DataType.string, "string"],
  [DataType.resource, "string"],
]);

const { NodeJSKernelBackend } = await importTfjsNode("nodejs_kernel_backend.js");
await importTfjsNode("register_all_kernels.js");

const Base = NodeJSKernelBackend as new (binding: Binding, packageName: string) => NodeBackend;

export class TensorFlowBackend extends Base implements TracingBackend {
  readonly #binding: Binding;
  /** Tensors made in the current trace from JavaScript values, and whether a gradient made them. */
  #made = new WeakMap<tf.DataId, boolean>();
  /** Their constants in the trace. */
  #constants = new WeakMap<tf.DataId, number>();
  /** The variables while a function is traced. */
  #variables: TracedVariables | undefined;
  #functions = 0;
  #fuses: boolean | undefined;
  #narrows: boolean | undefined;

  constructor(binding: Binding) {
    super(binding, "@tensorflow/tfjs-node-gpu");
    this.#binding = binding;
  }

  /** Records ops while a function is traced. */
  override get trace(): TraceRecorder | undefined {
    return this.#binding.trace;
  }

  get tracing(): boolean {
    return this.trace !== undefined;
  }

  get precision(): Precision {
    return this.trace?.precision ?? "float32";
  }

  set precision(precision: Precision) {
    if (this.trace) this.trace.precision = precision;
  }

  /** Like tfjs-node's method, but always uses this backend, even if another one is active. */
  override createOutputTensor({ id, shape, dtype }: TensorMetadata): tf.Tensor {
    const type = tfjsTypes.get(dtype);
    if (!type) {
      this.#binding.deleteTensor(id);
      throw new TypeError(`Cannot give tfjs a tensor ${describeType({ dtype, shape })}`);
    }
    const dataId = {};
    this.tensorMap.set(dataId, { shape, dtype, id, values: null, refCount: 1 });
    return tf.engine().makeTensorFromTensorInfo({ dataId, shape, dtype: type }, this);
  }

  override write(
    values: tf.backend_util.BackendValues,
    shape: number[],
    dtype: tf.DataType,
  ): tf.DataId {
    const dataId = super.write(values, shape, dtype);
    if (this.tracing) {
      checkNotRand();
      this.#made.set(dataId, isInBackwardPass());
    }
    return dataId;
  }

  override getInputTensorIds(tensors: tf.TensorInfo[]): number[] {
    for (const { isDisposed, dtype, shape } of tensors as tf.Tensor[]) {
      if (isDisposed) {
        throw new TypeError(`Cannot use a tensor ${dtype}[${shape}]: it was disposed`);
      }
    }
    if (!this.trace) return super.getInputTensorIds(tensors);
    const ids = tensors.flatMap((tensor) => {
      const argument = this.#argumentFor(tensor.dataId);
      if (argument !== undefined) return [argument];
      if (tensor instanceof tf.Variable) throw changed(tensor);
      // Moves the data of another backend here. A constant of tfjs-node itself has none.
      const data = tensor.dataId && this.tensorMap.get(tensor.dataId);
      if (!data?.values) return super.getInputTensorIds([tensor]);
      return this.#made.has(tensor.dataId)
        ? this.#constantOf(tensor.dataId, data)
        : this.#handOver(data);
    });
    this.trace.ofGradient = isInBackwardPass(); // for the op that uses these inputs
    return ids;
  }

  /** A variable that the traced function reads, as an argument; undefined for other data. */
  #argumentFor(dataId: tf.DataId): number | undefined {
    return this.#variables?.argumentFor(dataId, (own) => {
      const { shape, dtype } = this.tensorMap.get(own);
      return this.#binding.addArgument({ shape, dtype });
    });
  }

  /** Like tfjs-node's method, but refuses variables while it traces, as all that has no values yet. */
  override readSync(dataId: tf.DataId): tf.backend_util.BackendValues {
    const argument = this.#argumentFor(dataId);
    if (argument !== undefined) this.#binding.tensorDataSync(argument);
    return super.readSync(dataId);
  }

  /** Copies an outside tensor's values to TensorFlow now, so that the trace can capture it. */
  #handOver(data: TensorData): number {
    data.id = this.#binding.createEagerTensor(data.shape, data.dtype, data.values as Float32Array);
    data.values = null;
    return data.id;
  }

  /** Keeps the values in the tensor, which may outlive the trace. */
  #constantOf(dataId: tf.DataId, { shape, dtype, values }: TensorData): number {
    let id = this.#constants.get(dataId);
    if (id === undefined) {
      (this.trace as TraceRecorder).ofGradient = this.#made.get(dataId) === true;
      id = this.#binding.createTensor(shape, dtype, values as Float32Array);
      this.#constants.set(dataId, id);
    }
    return id;
  }

  compile(
    inputs: readonly tf.Tensor[],
    f: (inputs: tf.Tensor[]) => readonly tf.Tensor[],
    { precision, xla = false, skippedPasses = [] }: CompileOptions,
  ): Compiled {
    if (tf.env().getBool("DEBUG")) {
      throw new UserError(
        "Cannot compile in tfjs's debug mode, which reads each result at once: do not call " +
          "tf.enableDebugMode()",
        { code: "not-supported" },
      );
    }
    this.#made = new WeakMap();
    this.#constants = new WeakMap();
    let read: tf.Variable[] = [];
    const { trace, captured } = this.#binding.record(
      this.handlesOf(inputs),
      (metadata, refOf) => {
        tf.engine().startScope("jit");
        this.precision = precision;
        const variables = this.#variables = new TracedVariables(this);
        try {
          const arguments_ = metadata.map((input) => this.createOutputTensor(input));
          const results = withoutRandomNumbers(() => f(arguments_));
          variables.checkUnchanged();
          const refs = this.getInputTensorIds([...results]).map(refOf);
          read = variables.read;
          return refs;
        } finally {
          variables.restore();
          this.#variables = undefined;
          tf.engine().endScope();
        }
      },
    );
    const { context } = this.#binding;
    const name = `jit_${this.#functions++}`;
    let held = captured;
    try {
      let rest = this.#optimize(trace, xla, skippedPasses);
      if (!skippedPasses.includes("hoist")) {
        const count = inputs.length + read.length;
        const hoisted = hoist(rest, count, (op) => isStateful(context.library, op));
        held = runOnce(hoisted.once, `${name}_once`, captured, context);
        captured.forEach((handle) => context.deleteHandle(handle));
        rest = hoisted.rest;
      }
      lower(rest, name, context, xla);
      return new CompiledFunction(this, this.#binding, name, rest, held, read);
    } catch (error) {
      held.forEach((handle) => context.deleteHandle(handle));
      throw error;
    }
  }

  /** XLA fuses by itself, and does not know the ops that the CPU's fusing passes make. */
  #optimize(trace: Trace, xla: boolean, skippedPasses: readonly string[]): Trace {
    const { context } = this.#binding;
    this.#fuses ??= canFuse(context);
    if (trace.nodes.some(({ precision }) => precision === "bfloat16")) {
      this.#narrows ??= canNarrow(this.#fuses, context);
      if (!this.#narrows) throw new UserError(noBfloat16, { code: "not-supported" });
    }
    return optimize(xla ? forXla(trace) : trace, this.#fuses && !xla, skippedPasses);
  }

  /** The handles of eager tensors. */
  handlesOf(tensors: readonly tf.Tensor[]): Handle[] {
    return this.getInputTensorIds([...tensors]).map((id) => this.#binding.handle(id));
  }
}

const noBfloat16 =
  "Cannot compute in bfloat16: TensorFlow has no such convolutions for this processor; " +
  "use float32";
