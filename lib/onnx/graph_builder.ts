/**
 * Builds the graph of an ONNX file, op by op.
 *
 * @module
 */
import {
  AttributeType,
  ElementType,
  type OnnxAttribute,
  type OnnxGraph,
  type OnnxNode,
  type OnnxTensor,
  type OnnxValue,
} from "./format.ts";

/** Constants to store in the file. */
export interface Numbers {
  values: Float32Array | BigInt64Array;
  shape: readonly number[];
}

/** The attributes of an op: a list, an integer, or a float as `{ float }`. */
export type Attributes = Readonly<Record<string, number | readonly number[] | { float: number }>>;

/** An input or an output of the graph. */
export interface Port {
  name: string;
  /** Its sizes. Sizes that can vary have names. */
  shape: readonly (number | string)[];
  /** A description for readers of the file. */
  says: string;
}

/** Collects ops and constants. Values are referenced by name. */
export class GraphBuilder {
  readonly #nodes: OnnxNode[] = [];
  readonly #initializers = new Map<string, OnnxTensor>();

  /** Adds an op with one output, and returns the output's name. */
  add(opType: string, inputs: readonly string[], attributes: Attributes = {}): string {
    const name = `${opType}_${this.#nodes.length}`;
    this.#nodes.push({
      name,
      opType,
      input: [...inputs],
      output: [name],
      attribute: Object.entries(attributes).map(([name, value]) => attributeOf(name, value)),
    });
    return name;
  }

  /** Stores constants under a name, unless the name exists already. */
  numbers(name: string, numbers: Numbers): string {
    if (!this.#initializers.has(name)) this.#initializers.set(name, tensorOf(name, numbers));
    return name;
  }

  /** Returns the graph for its inputs and its outputs, given by their value names. */
  finish(name: string, inputs: readonly Port[], outputs: ReadonlyMap<string, Port>): OnnxGraph {
    const renamed = (value: string) => outputs.get(value)?.name ?? value;
    return {
      name,
      node: this.#nodes.map((node) => ({
        ...node,
        input: node.input.map(renamed),
        output: node.output.map(renamed),
      })),
      initializer: [...this.#initializers.values()],
      input: inputs.map(valueOf),
      output: [...outputs.values()].map(valueOf),
    };
  }
}

function attributeOf(name: string, value: Attributes[string]): OnnxAttribute {
  if (typeof value === "number") return { name, type: AttributeType.int, i: value };
  if ("float" in value) return { name, type: AttributeType.float, f: value.float };
  return { name, type: AttributeType.ints, ints: [...value] };
}

function tensorOf(name: string, { values, shape }: Numbers): OnnxTensor {
  return {
    name,
    dataType: values instanceof Float32Array ? ElementType.float32 : ElementType.int64,
    dims: [...shape],
    rawData: new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
  };
}

function valueOf({ name, shape, says }: Port): OnnxValue {
  const dim = shape.map((size) =>
    typeof size === "number" ? { dimValue: size } : { dimParam: size }
  );
  return {
    name,
    type: { tensorType: { elemType: ElementType.float32, shape: { dim } } },
    docString: says,
  };
}
