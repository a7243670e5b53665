/**
 * Initial parameters from a seed.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { needBackend } from "../lib/need_backend.ts";
import type { Tensors } from "../lib/params.ts";
import { randomStream } from "../lib/random.ts";
import type { SgeOptions } from "./spatial_group_enhance.ts";

/** How batch norm weights start: uniform in [0, 1), or all 1. */
export type BatchNormWeight = "uniform" | "ones";

/** The stream of a run's random numbers that parameters are drawn from. */
const parameterStream = 0;

/**
 * How a filter starts: Kaiming normal by its positions times its inputs (`"in"`, the default), or times
 * its outputs (`"out"`), as in RepDistiller.
 */
export type Fan = "in" | "out";

/**
 * How a classifier starts: Kaiming normal, bias 0 (the default); `"uniform"` as PyTorch's own, weight
 * and bias within `1 / sqrt(inputs)`; or `"small"`, normal with deviation 0.01, bias 0.
 */
export type LinearStart = "kaiming" | "uniform" | "small";

/** A description of a layer with parameters. */
export type Layer =
  & { key: string }
  & (
    | { kind: "conv"; inputs: number; outputs: number; size: number; fan?: Fan }
    | { kind: "convBias"; channels: number }
    | { kind: "batchNorm"; channels: number; weight: BatchNormWeight }
    | { kind: "linear"; inputs: number; outputs: number; start?: LinearStart }
    | { kind: "spatialGroupEnhance"; sge: SgeOptions }
  );

/** The initial parameters of layers, from a seed. */
export function initLayers(seed: number, layers: Iterable<Layer>): Tensors {
  const first = new Initializer(seed);
  for (const layer of layers) {
    const { key } = layer;
    if (layer.kind === "conv") {
      first.conv(key, layer.inputs, layer.outputs, layer.size, layer.fan);
    } else if (layer.kind === "convBias") first.constant(key, [layer.channels], 0);
    else if (layer.kind === "batchNorm") first.batchNorm(key, layer.channels, layer.weight);
    else if (layer.kind === "linear") first.linear(key, layer.inputs, layer.outputs, layer.start);
    else first.spatialGroupEnhance(key, layer.sge);
  }
  return first.params;
}

/** The keys and shapes of the parameters of {@link initLayers}, without creating them. */
export function* layerShapes(layers: Iterable<Layer>): Generator<[key: string, shape: number[]]> {
  for (const layer of layers) {
    const { key } = layer;
    if (layer.kind === "conv") {
      yield [key, [layer.size, layer.size, layer.inputs, layer.outputs]];
    } else if (layer.kind === "convBias") yield [key, [layer.channels]];
    else if (layer.kind === "batchNorm") {
      for (const name of ["weight", "bias", "running_mean", "running_var"]) {
        yield [`${key}.${name}`, [layer.channels]];
      }
    } else if (layer.kind === "linear") {
      yield [`${key}.weight`, [layer.outputs, layer.inputs]];
      yield [`${key}.bias`, [layer.outputs]];
    } else {
      for (const name of ["weight", "bias"]) yield [`${key}.sge.${name}`, [layer.sge.groups]];
    }
  }
}

/** Collects initial parameters. Each one has its own random stream. */
export class Initializer {
  readonly params: Tensors = {};
  readonly #seed: number;
  #count = 0;

  constructor(seed: number) {
    needBackend("initial parameters");
    this.#seed = seed;
  }

  /** Uniform in [-bound, bound). */
  uniform(key: string, shape: number[], bound: number): void {
    const { uniform } = this.#stream();
    this.#add(key, shape, () => bound * (2 * uniform() - 1));
  }

  /** The same number everywhere; uses no random numbers. */
  constant(key: string, shape: number[], value: number): void {
    this.#add(key, shape, () => value);
  }

  /**
   * A filter `[size, size, in, out]`, Kaiming normal: standard deviation `sqrt(2 / fan)` (He et al.,
   * arXiv:1502.01852).
   */
  conv(key: string, inputs: number, outputs: number, size: number, fan: Fan = "in"): void {
    const { normal } = this.#stream();
    const deviation = Math.sqrt(2 / (size * size * (fan === "in" ? inputs : outputs)));
    this.#add(key, [size, size, inputs, outputs], () => deviation * normal());
  }

  /** The weight starts as given; bias and running mean at 0, running variance at 1. */
  batchNorm(key: string, channels: number, weight: BatchNormWeight): void {
    const { uniform } = this.#stream(); // always drawn, so that all other layers start the same
    this.#add(`${key}.weight`, [channels], weight === "ones" ? () => 1 : uniform);
    this.#add(`${key}.bias`, [channels], () => 0);
    this.#add(`${key}.running_mean`, [channels], () => 0);
    this.#add(`${key}.running_var`, [channels], () => 1);
  }

  /** Weight `[out, in]` and bias `[out]`. */
  linear(key: string, inputs: number, outputs: number, start: LinearStart = "kaiming"): void {
    const { normal, uniform } = this.#stream();
    const bound = 1 / Math.sqrt(inputs);
    const anyWithin = () => bound * (2 * uniform() - 1);
    const deviation = start === "small" ? 0.01 : Math.sqrt(2 / inputs);
    const isUniform = start === "uniform";
    const weight = isUniform ? anyWithin : () => deviation * normal();
    this.#add(`${key}.weight`, [outputs, inputs], weight);
    this.#add(`${key}.bias`, [outputs], isUniform ? anyWithin : () => 0);
  }

  /** Spatial group-wise enhance of a block; uses no random numbers. */
  spatialGroupEnhance(key: string, { groups, initWeight = 0, initBias = 1 }: SgeOptions): void {
    this.#add(`${key}.sge.weight`, [groups], () => initWeight);
    this.#add(`${key}.sge.bias`, [groups], () => initBias);
  }

  #stream() {
    return randomStream(this.#seed, parameterStream, this.#count++);
  }

  #add(key: string, shape: number[], value: () => number): void {
    const values = new Float32Array(tf.util.sizeFromShape(shape));
    for (let i = 0; i < values.length; i++) values[i] = value();
    this.params[key] = tf.tensor(values, shape);
  }
}
