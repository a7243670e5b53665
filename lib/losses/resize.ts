/**
 * Bilinear resizing like PyTorch's, by two constant matrices. The resize gradient of tfjs ignores
 * half-pixel centres.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { mapAxis } from "../autodiff/gradient.ts";

/**
 * Resizes maps like `F.interpolate(mode="bilinear", align_corners=False, antialias=False)`.
 *
 * @param maps `[N, H, W]`.
 * @returns `[N, height, width]`.
 */
export function resizeMaps(maps: tf.Tensor3D, height: number, width: number): tf.Tensor3D {
  const [, oldHeight, oldWidth] = maps.shape;
  if (oldHeight === height && oldWidth === width) return maps;
  const columns = interpolationMatrix(oldWidth, width);
  const rows = interpolationMatrix(oldHeight, height);
  return mapAxis(mapAxis(maps, 2, columns), 1, rows) as tf.Tensor3D;
}

/** `[to, from]`: the weight of each old position in each new one along an axis. */
function interpolationMatrix(from: number, to: number): tf.Tensor2D {
  const matrix = new Float32Array(to * from);
  for (let i = 0; i < to; i++) {
    const position = Math.max(0, (i + 0.5) * from / to - 0.5);
    const low = Math.min(Math.floor(position), from - 1);
    const high = Math.min(low + 1, from - 1);
    const fraction = position - low;
    matrix[i * from + low] = (matrix[i * from + low] as number) + 1 - fraction;
    matrix[i * from + high] = (matrix[i * from + high] as number) + fraction;
  }
  return tf.tensor2d(matrix, [to, from]);
}
