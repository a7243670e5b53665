/**
 * The tfjs backend: tfjs-node's kernels over our binding, which can also be traced.
 *
 * @module
 */
import "./node_util.ts";
import * as tf from "@tensorflow/tfjs-core";
import { NodeJSKernelBackend } from "@tensorflow/tfjs-node-gpu/dist/nodejs_kernel_backend.js";
import "@tensorflow/tfjs-node-gpu/dist/register_all_kernels.js";
import type { OpAttr } from "./attributes.ts";
import type { Binding, TensorMetadata } from "./binding.ts";
import type { Handle } from "./context.ts";
import { canFuse } from "./can_fuse.ts";
import { lower } from "./lower.ts";
import type { Compiled, TracingBackend } from "./tracing_backend.ts";
import { optimize } from "./passes.ts";
import { printTrace } from "./trace.ts";

/** What tfjs-node's backend stores for a tensor. */
interface TensorData {
  shape: number[];
  dtype: number;
  /** Values that wait to be handed over at the tensor's first use. */
  values: tf.backend_util.BackendValues | null;
  id: number;
}

/** The parts of tfjs-node's backend that its types hide. */
interface NodeBackend extends tf.KernelBackend {
  tensorMap: tf.DataStorage<TensorData>;
  createOutputTensor(metadata: TensorMetadata): tf.Tensor;
  getInputTensorIds(tensors: tf.TensorInfo[]): number[];
  executeMultipleOutputs(
    op: string,
    attrs: OpAttr[],
    inputs: tf.TensorInfo[],
    outputs: number,
  ): tf.Tensor[];
}

const Base = NodeJSKernelBackend as unknown as new (
  binding: Binding,
  packageName: string,
) => NodeBackend;

export class TensorFlowBackend extends Base implements TracingBackend {
  readonly #binding: Binding;
  /** Constants of the current trace for tensors whose values still wait in JavaScript. */
  #constants = new WeakMap<tf.DataId, number>();
  #functions = 0;
  #fuses: boolean | undefined;

  constructor(binding: Binding) {
    super(binding, "@tensorflow/tfjs-node-gpu");
    this.#binding = binding;
  }

  override getInputTensorIds(tensors: tf.TensorInfo[]): number[] {
    if (!this.#binding.tracing) return super.getInputTensorIds(tensors);
    return tensors.flatMap((tensor) => {
      if (tensor instanceof tf.Variable) {
        throw new Error(
          `Cannot trace the use of tf.Variable ${tensor.name}: the compiled function would not see ` +
            `its later values; pass it as an argument`,
        );
      }
      const data = this.tensorMap.has(tensor.dataId)
        ? this.tensorMap.get(tensor.dataId)
        : undefined;
      return data?.values
        ? this.#constantOf(tensor.dataId, data)
        : super.getInputTensorIds([tensor]);
    });
  }

  /** The tensor itself keeps its values: it may live on after the trace. */
  #constantOf(dataId: tf.DataId, { shape, dtype, values }: TensorData): number {
    let id = this.#constants.get(dataId);
    if (id === undefined) {
      id = this.#binding.createTensor(shape, dtype, values as Float32Array);
      this.#constants.set(dataId, id);
    }
    return id;
  }

  compile(
    inputs: readonly tf.Tensor[],
    f: (inputs: tf.Tensor[]) => readonly tf.Tensor[],
  ): Compiled {
    this.#constants = new WeakMap();
    const { trace, captured } = this.#binding.record(
      this.handlesOf(inputs),
      (metadata, refOf) => {
        tf.engine().startScope("jit");
        try {
          const results = f(metadata.map((input) => this.createOutputTensor(input)));
          return this.getInputTensorIds([...results]).map(refOf);
        } finally {
          tf.engine().endScope();
        }
      },
    );
    this.#fuses ??= canFuse(this.#binding.context, this.#binding.opInputs);
    const clean = optimize(trace, this.#fuses);
    const name = `jit_${this.#functions++}`;
    lower(clean, name, this.#binding.context, this.#binding.opInputs);
    return new CompiledFunction(
      this,
      this.#binding,
      name,
      clean.outputs.length,
      captured,
      () => printTrace(clean),
    );
  }

  /** The handles of eager tensors. */
  handlesOf(tensors: readonly tf.Tensor[]): Handle[] {
    return this.getInputTensorIds([...tensors]).map((id) => this.#binding.handle(id));
  }
}

class CompiledFunction implements Compiled {
  constructor(
    readonly backend: TensorFlowBackend,
    readonly binding: Binding,
    readonly name: string,
    readonly outputs: number,
    readonly captured: Handle[],
    readonly print: () => string,
  ) {}

  async run(inputs: readonly tf.Tensor[]): Promise<tf.Tensor[]> {
    const handles = [...this.backend.handlesOf(inputs), ...this.captured];
    const results = await this.binding.executeFunction(this.name, handles, this.outputs);
    return results.map((result) => this.backend.createOutputTensor(result));
  }

  dispose(): void {
    this.binding.context.removeFunction(this.name);
    this.captured.splice(0).forEach((handle) => this.binding.context.deleteHandle(handle));
  }
}
