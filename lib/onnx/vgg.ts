/**
 * VGG as ONNX ops; see `models/vgg.ts`.
 *
 * @module
 */
import { isPooled, vggLayer } from "../../models/vgg.ts";
import type { Activation, OnnxLayers, Outputs } from "./layers.ts";

export function vggGraph(layers: OnnxLayers, images: Activation): Outputs {
  const outputs: Activation[] = [];
  const has = (block: number, layer: number) => layers.has(`${vggLayer(block, layer).conv}.weight`);
  let x = images;
  for (let block = 0; has(block, 0); block++) {
    if (isPooled(block)) x = layers.maxPool(x, 2);
    for (let layer = 0; has(block, layer); layer++) {
      const { conv, norm } = vggLayer(block, layer);
      const y = layers.convolution(x, `${conv}.weight`, 1, `${conv}.bias`);
      x = layers.relu(layers.batchNorm(y, norm));
    }
    outputs.push(x);
  }
  return { logits: layers.classifier(x, "classifier"), groups: outputs.slice(1) };
}
