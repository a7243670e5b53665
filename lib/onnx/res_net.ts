/**
 * Post-activation residual networks as ONNX ops, with batch norm or with folded batch norm; see
 * `models/residual_model.ts` and `models/folded_res_net.ts`.
 *
 * @module
 */
import { foldedNames } from "../../models/folded_res_net.ts";
import { normOf, resNetNames } from "../../models/residual_model.ts";
import type { Names } from "../../models/residual.ts";
import type { Activation, OnnxLayers, Outputs } from "./layers.ts";
import { enhance } from "./spatial_group_enhance.ts";

/** The differences between the two kinds of networks. */
interface Kind {
  names: Names;
  /** Adds the convolution of this key, and everything between it and the relu. */
  convolve(x: Activation, key: string, stride: number): Activation;
  /** Adds what comes between a block's last convolution and the sum. */
  finish(x: Activation, key: string): Activation;
}

/** Adds the network with torchvision's keys. */
export function resNetGraph(layers: OnnxLayers, images: Activation): Outputs {
  return residualNetwork(layers, images, {
    names: resNetNames,
    convolve: (x, key, stride) =>
      layers.batchNorm(layers.convolution(x, `${key}.weight`, stride), normOf(key)),
    finish: (x, key) => enhance(layers, x, key),
  });
}

/** Adds the network with batch norm folded into the convolutions. */
export function foldedResNetGraph(layers: OnnxLayers, images: Activation): Outputs {
  return residualNetwork(layers, images, {
    names: foldedNames,
    convolve: (x, key, stride) => {
      const bias = layers.has(`${key}.bias`) ? `${key}.bias` : undefined;
      return layers.convolution(x, `${key}.weight`, stride, bias);
    },
    finish: (x) => x,
  });
}

function residualNetwork(layers: OnnxLayers, images: Activation, kind: Kind): Outputs {
  const { names, convolve } = kind;
  const groups: Activation[] = [];
  const isSmall = layers.shapeOf(`${names.stem}.weight`)[3] === 3;
  let x = layers.relu(convolve(images, names.stem, isSmall ? 1 : 2));
  if (!isSmall) x = layers.maxPool(x);
  for (let stage = 0; kernels(layers, names.block(stage, 0), names).length > 0; stage++) {
    let sum = x;
    for (let b = 0; kernels(layers, names.block(stage, b), names).length > 0; b++) {
      sum = block(layers, x, names.block(stage, b), stage > 0 && b === 0 ? 2 : 1, kind);
      x = layers.relu(sum);
    }
    groups.push(isSmall ? x : sum);
  }
  return { logits: layers.classifier(x, "fc"), groups };
}

function block(
  layers: OnnxLayers,
  x: Activation,
  key: string,
  stride: number,
  { names, convolve, finish }: Kind,
): Activation {
  const sizes = kernels(layers, key, names);
  // The first convolution of size 3 has the stride.
  const strided = sizes.indexOf(3);
  let z = x;
  for (const layer of sizes.keys()) {
    const input = layer === 0 ? z : layers.relu(z);
    z = convolve(input, `${key}.${names.layer(layer)}`, layer === strided ? stride : 1);
  }
  z = finish(z, key);
  const shortcut = `${key}.${names.shortcut}`;
  return layers.add(z, layers.has(`${shortcut}.weight`) ? convolve(x, shortcut, stride) : x);
}

/** The kernel sizes of a block's convolutions; empty if there is no such block. */
function kernels(layers: OnnxLayers, key: string, { layer }: Names): number[] {
  const sizes: number[] = [];
  const next = () => `${key}.${layer(sizes.length)}.weight`;
  while (layers.has(next())) sizes.push(layers.shapeOf(next())[3] as number);
  return sizes;
}
