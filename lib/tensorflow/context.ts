/**
 * An eager context of libtensorflow: its devices, ops and compiled functions.
 *
 * @module
 */
import {
  type AttributeSetters,
  eagerSetters,
  type OpAttr,
  setAttribute,
  typeAttr,
} from "./attributes.ts";
import { configProto, type ContextOptions } from "./config_proto.ts";
import { DataType, describeType } from "./data_types.ts";
import {
  type Bytes,
  cString,
  fromCString,
  type Library,
  newCString,
  notNull,
  type Pointer,
  Status,
} from "./library.ts";
import {
  newTensor,
  readTensor,
  type ReadValues,
  stringElements,
  type Values,
} from "./tensor_values.ts";

/** A tensor in TensorFlow. Its owner deletes it once. */
export interface Handle {
  readonly pointer: Pointer;
  readonly dtype: number;
  readonly shape: number[];
}

/** Space for outputs of an op that were not requested. */
const unwantedOutputs = 4;

/** The number of kernels after which TensorFlow's cache is cleared; each takes about 2 KB. */
const maxKernels = 4096;

export class Context {
  readonly library: Library;
  readonly options: ContextOptions;
  readonly pointer: Pointer;
  /** TensorFlow's names of the devices, such as `/job:localhost/.../device:GPU:0`. */
  readonly devices: readonly { name: string; type: string }[];
  readonly #status: Status;
  readonly #setters: AttributeSetters;
  readonly #gpu: string | undefined;
  /** The cached kernels: ops with their attributes and types. */
  readonly #kernels = new Set<string>();
  /** The number of compiled functions that are running. */
  #running = 0;

  constructor(library: Library, options: ContextOptions = {}) {
    this.library = library;
    this.options = options;
    this.#status = new Status(library);
    this.#setters = eagerSetters(library, this.#status);
    this.pointer = this.#open(options);
    this.devices = this.#listDevices();
    this.#gpu = this.devices.find(({ type }) => type === "GPU")?.name;
  }

  #open(options: ContextOptions): Pointer {
    const { library } = this;
    const contextOptions = notNull(library.TFE_NewContextOptions(), "context options");
    try {
      const config = configProto(options);
      library.TFE_ContextOptionsSetConfig(
        contextOptions,
        config,
        BigInt(config.byteLength),
        this.#status.pointer,
      );
      this.#status.check(() => "TFE_ContextOptionsSetConfig");
      const context = library.TFE_NewContext(contextOptions, this.#status.pointer);
      this.#status.check(() => "TFE_NewContext");
      return notNull(context, "context");
    } finally {
      library.TFE_DeleteContextOptions(contextOptions);
    }
  }

  #listDevices(): { name: string; type: string }[] {
    const { library } = this;
    const status = this.#status.pointer;
    const list = notNull(library.TFE_ContextListDevices(this.pointer, status), "device list");
    this.#status.check(() => "TFE_ContextListDevices");
    try {
      return Array.from({ length: library.TF_DeviceListCount(list) }, (_, i) => ({
        name: fromCString(library.TF_DeviceListName(list, i, status)),
        type: fromCString(library.TF_DeviceListType(list, i, status)),
      }));
    } finally {
      library.TF_DeleteDeviceList(list);
    }
  }

  /** True if ops run on a GPU. */
  get usesGpu(): boolean {
    return this.#gpu !== undefined;
  }

  /** Creates a tensor with a copy of the values. */
  newHandle(dtype: number, shape: readonly number[], values: Values): Handle {
    const { library } = this;
    const tensor = newTensor(library, dtype, shape, values);
    try {
      const pointer = library.TFE_NewTensorHandle(tensor, this.#status.pointer);
      this.#status.check(() => `TFE_NewTensorHandle for ${describeType({ dtype, shape })}`);
      const handle = { pointer: notNull(pointer, "tensor handle"), dtype, shape: [...shape] };
      return dtype === DataType.string ? this.#ownStrings(handle, tensor) : handle;
    } finally {
      library.TF_DeleteTensor(tensor);
    }
  }

  /**
   * Nothing frees the strings of a `TF_Tensor` created here, which the handle shares. So this lets
   * TensorFlow make its own copy, and frees ours.
   */
  #ownStrings(handle: Handle, tensor: Pointer): Handle {
    try {
      return this.execute("DeepCopy", [typeAttr("T", DataType.string)], [handle], 1)[0] as Handle;
    } finally {
      this.deleteHandle(handle);
      for (const element of stringElements(this.library, tensor)) {
        this.library.TF_StringDealloc(element);
      }
    }
  }

  deleteHandle({ pointer }: Handle): void {
    this.library.TFE_DeleteTensorHandle(pointer);
  }

  /** A second handle to the same tensor. */
  shareHandle(handle: Handle): Handle {
    const pointer = this.library.TFE_TensorHandleCopySharingTensor(
      handle.pointer,
      this.#status.pointer,
    );
    this.#status.check(() => `TFE_TensorHandleCopySharingTensor of ${describeType(handle)}`);
    return { ...handle, pointer: notNull(pointer, "tensor handle") };
  }

  /** A copy of the tensor's values. */
  read(handle: Handle): ReadValues {
    const { library } = this;
    const tensor = library.TFE_TensorHandleResolve(handle.pointer, this.#status.pointer);
    this.#status.check(() => `TFE_TensorHandleResolve of ${describeType(handle)}`);
    try {
      return readTensor(library, handle.dtype, notNull(tensor, "tensor"));
    } finally {
      library.TF_DeleteTensor(tensor);
    }
  }

  /**
   * Runs an op and waits for it.
   *
   * @param maxOutputs the number of outputs to return, from the first. Some ops have fewer, some more.
   */
  execute(
    op: string,
    attrs: readonly OpAttr[],
    inputs: readonly Handle[],
    maxOutputs: number,
  ): Handle[] {
    const { library } = this;
    const what = () => `${op}(${inputs.map(describeType).join(", ")})`;
    this.#noteKernel(
      `${op} ${inputs.map(({ dtype }) => dtype)} ${attrs.map(({ value }) => value)}`,
    );
    const prepared = this.#prepare(cString(op), inputs, this.#status, what);
    try {
      const kept = attrs.map((attr) => setAttribute(this.#setters, prepared, attr));
      const room = maxOutputs + unwantedOutputs;
      const results = new BigUint64Array(room);
      const count = Int32Array.of(room);
      library.TFE_Execute(prepared, results, count, this.#status.pointer);
      void kept;
      this.#status.check(what);
      const handles = this.#takeResults(results, count);
      handles.slice(maxOutputs).forEach((handle) => this.deleteHandle(handle));
      return handles.slice(0, maxOutputs);
    } finally {
      library.TFE_DeleteOp(prepared);
    }
  }

  /**
   * TensorFlow caches a kernel for every op with different attributes, forever, so varying attributes
   * would fill the memory. Clearing this cache would break a running function, so wait until none runs.
   * A function called later is instantiated again, which takes some milliseconds.
   */
  #noteKernel(kernel: string): void {
    this.#kernels.add(kernel);
    if (this.#kernels.size <= maxKernels || this.#running > 0) return;
    this.library.TFE_ContextClearCaches(this.pointer);
    this.#kernels.clear();
  }

  /** Runs a compiled function outside the JavaScript thread. */
  async executeFunction(
    name: string,
    inputs: readonly Handle[],
    outputs: number,
  ): Promise<Handle[]> {
    const { library } = this;
    // A separate status, because other ops run at the same time.
    const status = new Status(library);
    const what = () => `the compiled function ${name}`;
    try {
      const op = this.#prepare(newCString(name), inputs, status, what);
      try {
        const results = new BigUint64Array(outputs);
        const count = Int32Array.of(outputs);
        this.#running++;
        await library.TFE_ExecuteOffThread(op, results, count, status.pointer)
          .finally(() => this.#running--);
        status.check(what);
        return this.#takeResults(results, count);
      } finally {
        library.TFE_DeleteOp(op);
      }
    } finally {
      status.delete();
    }
  }

  #prepare(op: Bytes, inputs: readonly Handle[], status: Status, what: () => string): Pointer {
    const { library } = this;
    const pointer = library.TFE_NewOp(this.pointer, op, status.pointer);
    status.check(what);
    const prepared = notNull(pointer, "op");
    try {
      if (this.#gpu !== undefined) {
        library.TFE_OpSetDevice(prepared, cString(this.#gpu), status.pointer);
        status.check(what);
      }
      for (const input of inputs) {
        library.TFE_OpAddInput(prepared, input.pointer, status.pointer);
        status.check(what);
      }
      return prepared;
    } catch (error) {
      library.TFE_DeleteOp(prepared);
      throw error;
    }
  }

  #takeResults(results: BigUint64Array, count: Int32Array): Handle[] {
    return Array.from(results.subarray(0, count[0]), (address) => {
      const pointer = notNull(Deno.UnsafePointer.create(address), "result");
      return {
        pointer,
        dtype: this.library.TFE_TensorHandleDataType(pointer),
        shape: this.#shapeOf(pointer),
      };
    });
  }

  #shapeOf(pointer: Pointer): number[] {
    const status = this.#status.pointer;
    const rank = this.library.TFE_TensorHandleNumDims(pointer, status);
    this.#status.check(() => "TFE_TensorHandleNumDims");
    return Array.from(
      { length: rank },
      (_, i) => Number(this.library.TFE_TensorHandleDim(pointer, i, status)),
    );
  }

  /** Registers a `TF_Function` as an op of this context. */
  addFunction(fn: Pointer, name: string): void {
    this.library.TFE_ContextAddFunction(this.pointer, fn, this.#status.pointer);
    this.#status.check(() => `TFE_ContextAddFunction of ${name}`);
  }

  removeFunction(name: string): void {
    this.library.TFE_ContextRemoveFunction(this.pointer, newCString(name), this.#status.pointer);
    this.#status.check(() => `TFE_ContextRemoveFunction of ${name}`);
  }
}
