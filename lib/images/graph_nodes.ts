/**
 * Short names for the nodes of a graph.
 *
 * @module
 */
import {
  AttrType,
  DataType,
  type Graph,
  type OpAttr,
  type Output,
  typeAttr,
  type Values,
} from "../tensorflow/mod.ts";

/** Adds nodes to a graph, each by what tells it from others of its kind. */
export class Nodes {
  readonly #graph: Graph;

  constructor(graph: Graph) {
    this.#graph = graph;
  }

  /** The first output of an op. */
  add(op: string, attrs: readonly OpAttr[], ...inputs: Output[]): Output {
    return { operation: this.#graph.add(op, attrs, inputs), index: 0 };
  }

  /** An argument of the function. */
  input(dtype: number, shape: number[]): Output {
    const shapeAttr = { name: "shape", type: AttrType.shape, value: shape };
    return this.add("Placeholder", [typeAttr("dtype", dtype), shapeAttr]);
  }

  #constant(dtype: number, shape: readonly number[], values: Values): Output {
    const constant = { dtype, shape, values };
    return {
      operation: this.#graph.add("Const", [typeAttr("dtype", dtype)], [], constant),
      index: 0,
    };
  }

  /** A float32 constant. */
  floats(shape: readonly number[], values: ArrayLike<number>): Output {
    return this.#constant(DataType.float32, shape, Float32Array.from(values));
  }

  /** An int32 constant `[values.length]`. */
  ints(...values: number[]): Output {
    return this.#constant(DataType.int32, [values.length], Int32Array.from(values));
  }

  /** An op whose inputs and outputs are all float32. */
  float(op: string, ...inputs: Output[]): Output {
    return this.add(op, [typeAttr("T", DataType.float32)], ...inputs);
  }

  /** The product of two float32 matrices. */
  matMul(a: Output, b: Output): Output {
    return this.float("MatMul", a, b);
  }

  /** The mean of float32 values along an axis, which the result has no more. */
  mean(x: Output, axis: number): Output {
    const attrs = [typeAttr("T", DataType.float32), typeAttr("Tidx", DataType.int32)];
    return this.add("Mean", attrs, x, this.ints(axis));
  }

  /** The same values in another shape, with at most one -1 in it, which stands for what fits. */
  reshape(dtype: number, x: Output, shape: Output | readonly number[]): Output {
    const attrs = [typeAttr("T", dtype), typeAttr("Tshape", DataType.int32)];
    return this.add("Reshape", attrs, x, "operation" in shape ? shape : this.ints(...shape));
  }

  /** Float32 values with their axes in another order. */
  transpose(x: Output, ...order: number[]): Output {
    const attrs = [typeAttr("T", DataType.float32), typeAttr("Tperm", DataType.int32)];
    return this.add("Transpose", attrs, x, this.ints(...order));
  }

  /** Vectors, one after another. */
  concat(dtype: number, ...inputs: Output[]): Output {
    const axis = this.#constant(DataType.int32, [], Int32Array.of(0));
    const attrs = [int("N", inputs.length), typeAttr("T", dtype), typeAttr("Tidx", DataType.int32)];
    return this.add("ConcatV2", attrs, ...inputs, axis);
  }
}

/** An attribute that is a whole number. */
export function int(name: string, value: number): OpAttr {
  return { name, type: AttrType.int, value };
}

/** An attribute that is a text. */
export function string(name: string, value: string): OpAttr {
  return { name, type: AttrType.string, value };
}

/** An attribute that is true or false. */
export function bool(name: string, value: boolean): OpAttr {
  return { name, type: AttrType.bool, value };
}
