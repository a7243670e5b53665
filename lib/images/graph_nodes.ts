/**
 * Helpers that add nodes to a graph.
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

/** Adds nodes to a graph. Each method sets the usual attributes of its op. */
export class Nodes {
  readonly #graph: Graph;

  constructor(graph: Graph) {
    this.#graph = graph;
  }

  /** Adds an op and returns its first output. */
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

  /** The mean of float32 values along an axis, which is removed. */
  mean(x: Output, axis: number): Output {
    const attrs = [typeAttr("T", DataType.float32), typeAttr("Tidx", DataType.int32)];
    return this.add("Mean", attrs, x, this.ints(axis));
  }

  /** Reshapes values. One size may be -1, which means the rest. */
  reshape(dtype: number, x: Output, shape: Output | readonly number[]): Output {
    const attrs = [typeAttr("T", dtype), typeAttr("Tshape", DataType.int32)];
    return this.add("Reshape", attrs, x, "operation" in shape ? shape : this.ints(...shape));
  }

  /** Permutes the axes of float32 values. */
  transpose(x: Output, ...order: number[]): Output {
    const attrs = [typeAttr("T", DataType.float32), typeAttr("Tperm", DataType.int32)];
    return this.add("Transpose", attrs, x, this.ints(...order));
  }

  /** Concatenates vectors. */
  concat(dtype: number, ...inputs: Output[]): Output {
    const axis = this.#constant(DataType.int32, [], Int32Array.of(0));
    const attrs = [int("N", inputs.length), typeAttr("T", dtype), typeAttr("Tidx", DataType.int32)];
    return this.add("ConcatV2", attrs, ...inputs, axis);
  }
}

/** An integer attribute. */
export function int(name: string, value: number): OpAttr {
  return { name, type: AttrType.int, value };
}

/** A string attribute. */
export function string(name: string, value: string): OpAttr {
  return { name, type: AttrType.string, value };
}

/** A boolean attribute. */
export function bool(name: string, value: boolean): OpAttr {
  return { name, type: AttrType.bool, value };
}
