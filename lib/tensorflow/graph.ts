/**
 * Builds a `TF_Graph`: adds nodes, lets TensorFlow infer the shapes of their outputs, and converts the
 * graph to a function.
 *
 * @module
 */
import { type AttributeSetters, graphSetters, type OpAttr, setAttribute } from "./attributes.ts";
import { DataType } from "./data_types.ts";
import {
  type Bytes,
  cString,
  type Library,
  newCString,
  notNull,
  outputBytes,
  type Pointer,
  Status,
} from "./library.ts";
import { groupInputs } from "./op_inputs.ts";
import { newTensor, stringElements, type Values } from "./tensor_values.ts";

/** Data type and shape of a tensor. The shape is null if TensorFlow cannot infer it. */
export interface TensorType {
  readonly dtype: number;
  readonly shape: readonly number[] | null;
}

/** Constant values in a trace. */
export interface Constant {
  readonly dtype: number;
  readonly shape: readonly number[];
  readonly values: Values;
}

/** An operation of the graph, with its outputs. */
export interface Operation {
  readonly pointer: Pointer;
  /** Its name in the graph, such as `Conv2D_12`. */
  readonly name: string;
  readonly outputs: readonly TensorType[];
}

/** One output of an operation. */
export interface Output {
  readonly operation: Operation;
  readonly index: number;
}

export class Graph {
  readonly #library: Library;
  readonly pointer: Pointer;
  readonly #status: Status;
  readonly #setters: AttributeSetters;
  #count = 0;

  constructor(library: Library) {
    this.#library = library;
    this.pointer = notNull(library.TF_NewGraph(), "graph");
    this.#status = new Status(library);
    this.#setters = graphSetters(library);
  }

  /** Adds a node. Throws if TensorFlow rejects its input shapes or its attributes. */
  add(
    op: string,
    attrs: readonly OpAttr[],
    inputs: readonly Output[],
    constant?: Constant,
  ): Operation {
    const library = this.#library;
    const grouped = groupInputs(library, op, attrs, inputs);
    const name = `${op.replace(/^_/, "")}_${this.#count++}`; // a session does not allow names that start with _
    const node = notNull(
      library.TF_NewOperation(this.pointer, cString(op), cString(name)),
      "operation",
    );
    let kept: unknown[];
    try {
      for (const input of grouped) {
        if (Array.isArray(input)) library.TF_AddInputList(node, concat(input), input.length);
        else library.TF_AddInput(node, bytesOf(input));
      }
      kept = attrs.map((attr) => setAttribute(this.#setters, node, attr));
      if (constant) this.#setConstant(node, constant);
    } catch (error) {
      library.TF_FinishOperation(node, this.#status.pointer); // frees the unfinished node
      throw error;
    }
    const operation = library.TF_FinishOperation(node, this.#status.pointer);
    void kept;
    this.#status.check(() =>
      `${op}(${
        inputs.map(({ index, operation }) => {
          const shape = operation.outputs[index]?.shape;
          return shape ? `[${shape}]` : "[?]";
        }).join(", ")
      }) in a trace`
    );
    const pointer = notNull(operation, "operation");
    return { pointer, name, outputs: this.#outputsOf(pointer) };
  }

  #setConstant(node: Pointer, { dtype, shape, values }: Constant): void {
    const library = this.#library;
    const tensor = newTensor(library, dtype, shape, values);
    try {
      library.TF_SetAttrTensor(node, cString("value"), tensor, this.#status.pointer);
      this.#status.check(() => "TF_SetAttrTensor");
    } finally {
      if (dtype === DataType.string) {
        for (const element of stringElements(library, tensor)) library.TF_StringDealloc(element);
      }
      library.TF_DeleteTensor(tensor);
    }
  }

  #outputsOf(pointer: Pointer): TensorType[] {
    const library = this.#library;
    return Array.from({ length: library.TF_OperationNumOutputs(pointer) }, (_, i) => {
      const output = outputBytes(pointer, i);
      return { dtype: library.TF_OperationOutputType(output), shape: this.#shapeOf(output) };
    });
  }

  #shapeOf(output: Bytes): number[] | null {
    const library = this.#library;
    const status = this.#status.pointer;
    const rank = library.TF_GraphGetTensorNumDims(this.pointer, output, status);
    this.#status.check(() => "TF_GraphGetTensorNumDims");
    if (rank < 0) return null;
    const dimensions = new BigInt64Array(rank);
    library.TF_GraphGetTensorShape(
      this.pointer,
      output,
      dimensions,
      rank,
      status,
    );
    this.#status.check(() => "TF_GraphGetTensorShape");
    const shape = Array.from(dimensions, Number);
    return shape.includes(-1) ? null : shape;
  }

  /**
   * Converts the graph to a function from `inputs` to `outputs`. The caller deletes it.
   *
   * @param flags names of attributes that are set to true.
   */
  toFunction(
    name: string,
    inputs: readonly Output[],
    outputs: readonly Output[],
    flags: readonly string[] = [],
  ): Pointer {
    const fn = this.#library.TF_GraphToFunction(
      this.pointer,
      newCString(name),
      0,
      -1,
      null,
      inputs.length,
      concat(inputs),
      outputs.length,
      concat(outputs),
      null,
      null,
      null,
      this.#status.pointer,
    );
    this.#status.check(() => `TF_GraphToFunction for ${name}`);
    const made = notNull(fn, "function");
    for (const flag of flags) this.#setFlag(made, flag);
    return made;
  }

  #setFlag(fn: Pointer, flag: string): void {
    const length = BigInt(trueValue.byteLength);
    const status = this.#status.pointer;
    this.#library.TF_FunctionSetAttrValueProto(fn, cString(flag), trueValue, length, status);
    this.#status.check(() => `TF_FunctionSetAttrValueProto of ${flag}`);
  }

  delete(): void {
    this.#library.TF_DeleteGraph(this.pointer);
    this.#status.delete();
  }
}

/** An `AttrValue` message whose field 5, a boolean, is true. */
const trueValue: Bytes = Uint8Array.of(5 << 3, 1);

function bytesOf({ operation, index }: Output): Bytes {
  return outputBytes(operation.pointer, index);
}

/** An array of `TF_Output` as bytes. */
export function concat(outputs: readonly Output[]): Bytes {
  const bytes = new Uint8Array(outputs.length * 16);
  outputs.forEach((output, i) => bytes.set(bytesOf(output), i * 16));
  return bytes;
}
