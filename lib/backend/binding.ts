/**
 * Replaces the C++ addon (`TFJSBinding`) of tfjs-node's kernels. Tensors have numbers. Ops run
 * immediately or, while a function is traced, become nodes of the trace.
 *
 * @module
 */
import { AttrType, type OpAttr, typeAttr } from "../tensorflow/attributes.ts";
import { addValues, maxConstantSize } from "../jit/constants.ts";
import type { Context, Handle } from "../tensorflow/context.ts";
import { DataType, describeType, sizeOf } from "../tensorflow/data_types.ts";
import { fromCString } from "../tensorflow/library.ts";
import type { ReadValues, Values } from "../tensorflow/tensor_values.ts";
import { type Ref, type Trace, TraceRecorder } from "../jit/trace.ts";
import { calledWhileTracing } from "../jit/tracing_backend.ts";

/** A tensor's number, shape and type, as used by tfjs-node's kernels. */
export interface TensorMetadata {
  id: number;
  shape: number[];
  dtype: number;
}

/**
 * A trace with its captured tensors. These are inputs after the arguments. Arguments added during
 * recording are the last ones.
 */
export interface Recording {
  trace: Trace;
  captured: Handle[];
}

/**
 * Outputs whose size only the device knows, and that only the op's own gradient reads. They can be
 * traced although their shape is unknown.
 */
const opaqueOutputs: Record<string, number> = { FusedBatchNormV3: 5 };

/** Small captured tensors of these types become constants, because shapes may depend on them. */
const constantTypes: readonly number[] = [DataType.int32, DataType.bool, DataType.string];

/** The trace that is being recorded. */
interface TraceSession {
  recorder: TraceRecorder;
  /** The nodes of tensors made in this trace, by tensor number. */
  refs: Map<number, Ref>;
  /** The nodes of outside tensors, by tensor number. */
  capturedRefs: Map<number, Ref>;
  captured: Handle[];
  /** Numbers of constants and added arguments. The session owns them, and no tfjs tensor does. */
  constants: Set<number>;
  /** The placeholders of added arguments. */
  added: number[];
}

export class Binding {
  readonly TF_FLOAT: number = DataType.float32;
  readonly TF_INT32: number = DataType.int32;
  readonly TF_INT64: number = DataType.int64;
  readonly TF_BOOL: number = DataType.bool;
  readonly TF_COMPLEX64: number = DataType.complex64;
  readonly TF_STRING: number = DataType.string;
  readonly TF_RESOURCE: number = DataType.resource;
  readonly TF_UINT8: number = DataType.uint8;
  readonly TF_ATTR_STRING: number = AttrType.string;
  readonly TF_ATTR_INT: number = AttrType.int;
  readonly TF_ATTR_FLOAT: number = AttrType.float;
  readonly TF_ATTR_BOOL: number = AttrType.bool;
  readonly TF_ATTR_TYPE: number = AttrType.type;
  readonly TF_ATTR_SHAPE: number = AttrType.shape;
  readonly TF_ATTR_RESOURCE: number = -1;
  readonly TF_Version: string;

  readonly context: Context;
  readonly #handles = new Map<number, Handle>();
  #session: TraceSession | undefined;
  #nextId = 0;

  constructor(context: Context) {
    this.context = context;
    this.TF_Version = fromCString(context.library.TF_Version());
  }

  isUsingGpuDevice(): boolean {
    return this.context.usesGpu;
  }

  /** Records ops while a function is traced; undefined if they run. */
  get trace(): TraceRecorder | undefined {
    return this.#session?.recorder;
  }

  getNumOfTensors(): number {
    return this.#handles.size;
  }

  createTensor(shape: number[], dtype: number, values: Values): number {
    return this.#session
      ? this.#addConstant(this.#session, shape, dtype, values)
      : this.createEagerTensor(shape, dtype, values);
  }

  /** Creates a tensor with values, even while a function is traced. */
  createEagerTensor(shape: number[], dtype: number, values: Values): number {
    return this.#own(this.context.newHandle(dtype, shape, values)).id;
  }

  /** Frees a tensor. A tensor left over from a trace has nothing to free. */
  deleteTensor(id: number): void {
    if (this.#session?.refs.delete(id)) return;
    const handle = this.#handles.get(id);
    if (handle) this.context.deleteHandle(handle);
    this.#handles.delete(id);
  }

  tensorDataSync(id: number): ReadValues {
    const ref = this.#session?.refs.get(id);
    if (ref) {
      throw new Error(
        `Cannot read a tensor while jit traces a function: it stands for any values of that shape ` +
          `(${this.#describe(ref)}). Compute with tensors throughout, and read what the jitted ` +
          `function returns; what decides between branches is passed as a plain number, string or ` +
          `boolean`,
      );
    }
    return this.context.read(this.handle(id));
  }

  executeOp(op: string, attrs: OpAttr[], ids: number[], maxOutputs: number): TensorMetadata[] {
    return this.#session
      ? this.#record(this.#session, op, attrs, ids, maxOutputs)
      : this.context.execute(op, attrs, ids.map((id) => this.handle(id)), maxOutputs)
        .map((handle) => this.#own(handle));
  }

  /** TensorFlow's handle for this number. */
  handle(id: number): Handle {
    const handle = this.#handles.get(id);
    if (!handle) {
      throw new Error(
        "Cannot use a tensor that has no values: it was disposed, or it was made while jit traced a " +
          "function and outlived the trace; return it from that function in place of keeping it",
      );
    }
    return handle;
  }

  /** Runs a compiled function outside the JavaScript thread. */
  async executeFunction(
    name: string,
    inputs: readonly Handle[],
    outputs: number,
  ): Promise<TensorMetadata[]> {
    const handles = await this.context.executeFunction(name, inputs, outputs);
    return handles.map((handle) => this.#own(handle));
  }

  /**
   * Records the ops that `f` runs.
   *
   * @param inputs the types of the arguments.
   * @param f receives the arguments, and returns the nodes of the results, found with `refOf`. The
   * tensors that it created are disposed when it returns.
   */
  record(
    inputs: readonly { dtype: number; shape: number[] }[],
    f: (inputs: TensorMetadata[], refOf: (id: number) => Ref) => Ref[],
  ): Recording {
    if (this.#session) throw new Error(calledWhileTracing);
    const recorder = new TraceRecorder(this.context.library);
    const session: TraceSession = {
      recorder,
      refs: new Map(),
      capturedRefs: new Map(),
      captured: [],
      constants: new Set(),
      added: [],
    };
    this.#session = session;
    try {
      const results = f(
        inputs.map((input) => this.#trace(session, recorder.addInput(input))),
        (id) => this.#refOf(session, id),
      );
      // A function needs its own outputs: a returned argument becomes a new tensor.
      const outputs = results.map((ref) =>
        recorder.add("Identity", [typeAttr("T", recorder.typeOf(ref).dtype)], [ref])[0] as Ref
      );
      this.#checkLeaks(session);
      const { nodes, inputs: [...placeholders] } = recorder;
      const { added, captured } = session;
      const rest = placeholders.splice(inputs.length).filter((node) => !added.includes(node));
      return { trace: { nodes, inputs: [...placeholders, ...added, ...rest], outputs }, captured };
    } catch (error) {
      session.captured.forEach((handle) => this.context.deleteHandle(handle));
      throw error;
    } finally {
      this.#session = undefined;
      recorder.delete();
    }
  }

  /** Adds an argument to the recorded function, and returns its number. */
  addArgument(type: { dtype: number; shape: readonly number[] }): number {
    const session = this.#session as TraceSession;
    const ref = session.recorder.addInput(type);
    const { id } = this.#trace(session, ref);
    session.added.push(ref.node);
    session.constants.add(id);
    return id;
  }

  #own(handle: Handle): TensorMetadata {
    const id = this.#nextId++;
    this.#handles.set(id, handle);
    return { id, shape: handle.shape, dtype: handle.dtype };
  }

  #trace(session: TraceSession, ref: Ref): TensorMetadata {
    const { dtype, shape } = session.recorder.typeOf(ref);
    const id = this.#nextId++;
    session.refs.set(id, ref);
    return { id, shape: [...(shape ?? [0])], dtype };
  }

  #record(
    session: TraceSession,
    op: string,
    attrs: OpAttr[],
    ids: number[],
    maxOutputs: number,
  ): TensorMetadata[] {
    const refs = session.recorder
      .add(op, attrs, ids.map((id) => this.#refOf(session, id)))
      .slice(0, maxOutputs);
    if (refs.length === 0) {
      throw new Error(
        `Cannot trace ${op}: it gives no tensor, so the compiled function would leave it out; call ` +
          `it outside of the jitted function`,
      );
    }
    return refs.map((ref) => {
      if (session.recorder.typeOf(ref).shape === null && opaqueOutputs[op] !== ref.output) {
        throw new Error(
          `Cannot trace ${op}: the shape of its result depends on values, which are not known yet; ` +
            `call it outside of the jitted function, or use an op whose shape is fixed`,
        );
      }
      return this.#trace(session, ref);
    });
  }

  #refOf(session: TraceSession, id: number): Ref {
    return session.refs.get(id) ?? session.capturedRefs.get(id) ?? this.#capture(session, id);
  }

  /** Turns an outside tensor into an input, or into a constant if shapes may need it. */
  #capture(session: TraceSession, id: number): Ref {
    const handle = this.handle(id);
    const { dtype, shape } = handle;
    const isConstant = constantTypes.includes(dtype) && sizeOf(shape) <= maxConstantSize;
    let ref: Ref;
    if (isConstant) {
      const values = this.context.read(handle);
      ref = session.recorder.addConstant({ dtype, shape, values });
    } else {
      session.captured.push(this.context.shareHandle(handle));
      ref = session.recorder.addInput(handle);
    }
    session.capturedRefs.set(id, ref);
    return ref;
  }

  #addConstant(session: TraceSession, shape: number[], dtype: number, values: Values): number {
    const { id } = this.#trace(session, addValues(session, this.context, { dtype, shape, values }));
    session.constants.add(id);
    return id;
  }

  #checkLeaks(session: TraceSession): void {
    const leaked = [...session.refs].filter(([id]) => !session.constants.has(id));
    if (leaked.length > 0) {
      const types = leaked.slice(0, 3).map(([, ref]) => this.#describe(ref)).join(", ");
      throw new Error(
        `Cannot compile a function that keeps ${leaked.length} of the tensors made while jit traced ` +
          `it (${types}): they have no values. Return them, and use no tf.keep or tf.variable inside`,
      );
    }
  }

  #describe(ref: Ref): string {
    const { dtype, shape } = (this.#session as TraceSession).recorder.typeOf(ref);
    return describeType({ dtype, shape: shape ?? [] });
  }
}
