/**
 * The wide residual network as ONNX ops; see `models/wide_resnet.ts`.
 *
 * @module
 */
import type { Activation, OnnxLayers, Outputs } from "./layers.ts";
import { enhance } from "./spatial_group_enhance.ts";

export function wideResNetGraph(layers: OnnxLayers, images: Activation): Outputs {
  const groups: Activation[] = [];
  let x = layers.convolution(images, "conv0");
  for (let g = 0; layers.has(`group${g}.block0.conv0`); g++) {
    for (let b = 0; layers.has(`group${g}.block${b}.conv0`); b++) {
      x = block(layers, x, `group${g}.block${b}`, g > 0 && b === 0 ? 2 : 1);
    }
    groups.push(x);
  }
  const o = layers.relu(layers.batchNorm(x, "bn"));
  return { logits: layers.classifier(o, "fc"), groups };
}

function block(layers: OnnxLayers, x: Activation, key: string, stride: number): Activation {
  const o1 = layers.relu(layers.batchNorm(x, `${key}.bn0`));
  const y = layers.convolution(o1, `${key}.conv0`, stride);
  const o2 = layers.relu(layers.batchNorm(y, `${key}.bn1`));
  const z = enhance(layers, layers.convolution(o2, `${key}.conv1`), key);
  const widens = layers.has(`${key}.convdim`);
  return layers.add(z, widens ? layers.convolution(o1, `${key}.convdim`, stride) : x);
}
