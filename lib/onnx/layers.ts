/**
 * Network layers as ONNX ops, on `[N, C, H, W]`.
 *
 * @module
 */
import { GraphBuilder } from "./graph_builder.ts";

/** An activation: its name in the graph, and its number of channels. */
export interface Activation {
  readonly name: string;
  readonly channels: number;
}

/** The outputs of a network. */
export interface Outputs {
  /** `[N, channels]`. */
  logits: Activation;
  groups: Activation[];
}

/** A parameter in PyTorch's layout. */
export interface Parameter {
  values: Float32Array;
  shape: readonly number[];
}

const epsilon = 1e-5;

/** Adds layers to a graph. The parameters are named by their keys. */
export class OnnxLayers {
  readonly graph: GraphBuilder = new GraphBuilder();
  /** True if spatial group-wise enhance normalises the similarities over the positions. */
  readonly normalizes: boolean;
  readonly #params: ReadonlyMap<string, Parameter>;
  readonly #used = new Set<string>();

  constructor(params: ReadonlyMap<string, Parameter>, normalizes: boolean) {
    this.#params = params;
    this.normalizes = normalizes;
  }

  /** True if there is such a parameter. */
  has(key: string): boolean {
    return this.#params.has(key);
  }

  /** The keys of parameters that no layer uses. */
  unused(): string[] {
    return [...this.#params.keys()].filter((key) => !this.#used.has(key));
  }

  /** A parameter's shape. */
  shapeOf(key: string): readonly number[] {
    return this.#get(key).shape;
  }

  /**
   * The name of a parameter in the graph.
   *
   * @param shape the expected shape.
   * @param as the shape in the graph, if different.
   * @throws {TypeError} If there is no such parameter, or it has another shape.
   */
  param(key: string, shape: readonly number[], as = shape): string {
    const parameter = this.#get(key);
    if (String(parameter.shape) !== String(shape)) {
      throw new TypeError(
        `Cannot build the graph: ${key} is [${parameter.shape}] and must be [${shape}] here`,
      );
    }
    this.#used.add(key);
    return this.graph.numbers(key, { values: parameter.values, shape: as });
  }

  #get(key: string): Parameter {
    const parameter = this.#params.get(key);
    if (!parameter) throw new TypeError(`Cannot build the graph: there is no parameter ${key}`);
    return parameter;
  }

  /**
   * A convolution with `padding = (k - 1) / 2`, for odd k.
   *
   * @param filter the key of `[out, in, k, k]`.
   * @param bias the key of `[out]`. Default: no bias.
   */
  convolution(x: Activation, filter: string, stride = 1, bias?: string): Activation {
    const [channels, , size] = this.shapeOf(filter) as [number, number, number];
    const inputs = [x.name, this.param(filter, [channels, x.channels, size, size])];
    if (bias !== undefined) inputs.push(this.param(bias, [channels]));
    const pad = (size - 1) / 2;
    const attributes = {
      kernel_shape: [size, size],
      strides: [stride, stride],
      pads: [pad, pad, pad, pad],
    };
    return { name: this.graph.add("Conv", inputs, attributes), channels };
  }

  /** Batch norm with running statistics. */
  batchNorm({ name, channels }: Activation, key: string): Activation {
    const params = ["weight", "bias", "running_mean", "running_var"]
      .map((part) => this.param(`${key}.${part}`, [channels]));
    const attributes = { epsilon: { float: epsilon } };
    return { name: this.graph.add("BatchNormalization", [name, ...params], attributes), channels };
  }

  relu({ name, channels }: Activation): Activation {
    return { name: this.graph.add("Relu", [name]), channels };
  }

  /** Throws a TypeError if the numbers of channels differ. */
  add(a: Activation, b: Activation): Activation {
    if (a.channels !== b.channels) {
      throw new TypeError(
        `Cannot build the graph: a sum of ${a.channels} and of ${b.channels} channels`,
      );
    }
    return { name: this.graph.add("Add", [a.name, b.name]), channels: a.channels };
  }

  /** PyTorch's `max_pool2d(x, size, stride=2, padding=(size - 1) // 2)`. */
  maxPool({ name, channels }: Activation, size = 3): Activation {
    const pad = Math.floor((size - 1) / 2);
    const attributes = { kernel_shape: [size, size], strides: [2, 2], pads: [pad, pad, pad, pad] };
    return { name: this.graph.add("MaxPool", [name], attributes), channels };
  }

  /** Global average pooling, then a linear layer `<key>.weight` `[out, in]`, `<key>.bias` `[out]`. */
  classifier(x: Activation, key: string): Activation {
    const mean = this.graph.add("GlobalAveragePool", [x.name]);
    const flat = this.graph.add("Flatten", [mean], { axis: 1 });
    const [channels] = this.shapeOf(`${key}.weight`) as [number];
    const weight = this.param(`${key}.weight`, [channels, x.channels]);
    const bias = this.param(`${key}.bias`, [channels]);
    return { name: this.graph.add("Gemm", [flat, weight, bias], { transB: 1 }), channels };
  }
}
