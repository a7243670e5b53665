/**
 * The trace recorded by `jit`: a plain list of nodes. Passes change the list, `printTrace` shows it,
 * and `lower` converts it to a TensorFlow function.
 *
 * @module
 */
import { AttrType, type OpAttr, typeAttr } from "../tensorflow/attributes.ts";
import { DataType, dataTypeName, sizeOf } from "../tensorflow/data_types.ts";
import { type Constant, Graph, type Operation, type TensorType } from "../tensorflow/graph.ts";
import type { Library } from "../tensorflow/library.ts";
import type { Precision } from "./tracing_backend.ts";

/** One output of a node: `nodes[node].outputs[output]`. */
export interface Ref {
  readonly node: number;
  readonly output: number;
}

/** An op with its attributes, its inputs, and the types of its outputs. */
export interface Node {
  readonly op: string;
  readonly attrs: readonly OpAttr[];
  readonly inputs: readonly Ref[];
  readonly outputs: readonly TensorType[];
  /** The values of a `Const`. */
  readonly constant?: Constant;
  /** The requested precision. Default: float32. */
  readonly precision?: Precision;
  /**
   * True if it belongs to the backward pass of a gradient. Zeros created there mean that one value does
   * not depend on another, and stay zero even when multiplied by infinity. This does not hold for zeros
   * that a function creates itself.
   */
  readonly ofGradient?: boolean;
}

/** A traced function. Every node comes after its inputs. */
export interface Trace {
  readonly nodes: readonly Node[];
  /** The `Placeholder` nodes of the arguments, in order. */
  readonly inputs: readonly number[];
  readonly outputs: readonly Ref[];
}

/** The type of a reference's value. */
export function typeOf(trace: Trace, { node, output }: Ref): TensorType | undefined {
  return trace.nodes[node]?.outputs[output];
}

/** Converts a reference to a map key. */
export function keyOf({ node, output }: Ref): string {
  return `${node}:${output}`;
}

/** The values of a constant. */
export function constantOf(trace: Trace, { node }: Ref): ArrayLike<number> | undefined {
  return trace.nodes[node]?.constant?.values as ArrayLike<number> | undefined;
}

/** The value of a node's attribute. */
export function attrOf({ attrs }: Node, name: string): unknown {
  return attrs.find((attr) => attr.name === name)?.value;
}

/**
 * Rebuilds a trace, node by node.
 *
 * @param replace adds what takes the place of a node, whose inputs are the new ones. The node that it adds
 * last stands for the old one.
 */
export function rewrite(
  trace: Trace,
  replace: (node: Node, add: (node: Node) => Ref, typeOf: (ref: Ref) => TensorType) => void,
): Trace {
  const nodes: Node[] = [];
  /** The new positions of the old nodes. */
  const places: number[] = [];
  const place = ({ node, output }: Ref): Ref => ({ node: places[node] as number, output });
  const add = (node: Node): Ref => ({ node: nodes.push(node) - 1, output: 0 });
  const typeOf = ({ node, output }: Ref) => nodes[node]?.outputs[output] as TensorType;
  for (const node of trace.nodes) {
    replace({ ...node, inputs: node.inputs.map(place) }, add, typeOf);
    places.push(nodes.length - 1);
  }
  const inputs = trace.inputs.map((node) => places[node] as number);
  return { nodes, inputs, outputs: trace.outputs.map(place) };
}

/** Records nodes. TensorFlow infers their shapes in a temporary graph. */
export class TraceRecorder {
  readonly nodes: Node[] = [];
  readonly inputs: number[] = [];
  /** The precision of the next nodes. */
  precision: Precision = "float32";
  /** True if the next nodes belong to the backward pass of a gradient. */
  ofGradient = false;
  readonly #operations: Operation[] = [];
  readonly #graph: Graph;

  constructor(library: Library) {
    this.#graph = new Graph(library);
  }

  /** Adds an argument. */
  addInput({ dtype, shape }: { dtype: number; shape: readonly number[] }): Ref {
    const [ref] = this.add("Placeholder", [
      typeAttr("dtype", dtype),
      { name: "shape", type: AttrType.shape, value: [...shape] },
    ], []);
    this.inputs.push((ref as Ref).node);
    return ref as Ref;
  }

  /** Adds constant values. */
  addConstant(constant: Constant): Ref {
    return this.add("Const", [typeAttr("dtype", constant.dtype)], [], constant)[0] as Ref;
  }

  /** Adds a tensor whose elements all equal the first value. */
  addFill({ dtype, shape, values }: Constant): Ref {
    const sizes = { dtype: DataType.int32, shape: [shape.length], values: Int32Array.from(shape) };
    const value = (values as Float32Array).slice(0, 1);
    return this.add("Fill", [typeAttr("T", dtype), typeAttr("index_type", DataType.int32)], [
      this.addConstant(sizes),
      this.addConstant({ dtype, shape: [], values: value }),
    ])[0] as Ref;
  }

  /** Adds an op, and returns a reference to each of its outputs. */
  add(
    op: string,
    attrs: readonly OpAttr[],
    inputs: readonly Ref[],
    constant?: Constant,
  ): Ref[] {
    const operation = this.#graph.add(
      op,
      attrs,
      inputs.map(({ node, output }) => ({
        operation: this.#operations[node] as Operation,
        index: output,
      })),
      constant,
    );
    const node = this.nodes.length;
    const { outputs } = operation;
    const { precision, ofGradient } = this;
    this.nodes.push({
      ...{ op, attrs, inputs, outputs, precision },
      ...(ofGradient && { ofGradient }),
      ...(constant && { constant }),
    });
    this.#operations.push(operation);
    return outputs.map((_, output) => ({ node, output }));
  }

  typeOf({ node, output }: Ref): TensorType {
    return this.nodes[node]?.outputs[output] as TensorType;
  }

  delete(): void {
    this.#graph.delete();
  }
}

/** Formats an element of a constant: a number, or a string, which may be bytes. */
function printValue(value: unknown): string {
  const text = value instanceof Uint8Array ? new TextDecoder().decode(value) : value;
  return typeof text === "string" ? JSON.stringify(text) : String(text);
}

/**
 * Formats a trace as text, one line per node:
 * `%7 = Conv2D(%3, %5) {strides=[1,1,1,1]} : float32[8,32,32,16]`. The second and later outputs of a
 * node are `%7:1`, `%7:2`.
 */
export function printTrace(trace: Trace): string {
  const name = ({ node, output }: Ref) => output === 0 ? `%${node}` : `%${node}:${output}`;
  const lines = trace.nodes.map((node, i) => {
    const attrs = node.attrs.map(({ name, value }) => `${name}=${JSON.stringify(value)}`);
    if (node.constant && sizeOf(node.constant.shape) <= 8) {
      attrs.push(`value=[${Object.values(node.constant.values).map(printValue)}]`);
    }
    const types = node.outputs.map(({ dtype, shape }) =>
      `${dataTypeName(dtype)}[${shape ? shape.join(",") : "?"}]`
    );
    return `%${i} = ${node.op}(${node.inputs.map(name).join(", ")})` +
      `${attrs.length ? ` {${attrs.join(" ")}}` : ""} : ${types.join(", ")}`;
  });
  return [...lines, `return ${trace.outputs.map(name).join(", ")}`].join("\n");
}
