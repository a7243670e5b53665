/**
 * Average pooling to a given size, like PyTorch's.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { mapAxis } from "../autodiff/gradient.ts";

/**
 * PyTorch's `adaptive_avg_pool2d(x, [height, width])`: windows of equal size where the sizes divide,
 * otherwise windows that overlap by a row or column.
 *
 * @param x `[N, H, W, C]`, at least as large as the result.
 */
export function adaptiveAveragePool(x: tf.Tensor4D, height: number, width = height): tf.Tensor4D {
  const [, h, w] = x.shape;
  if (h === height && w === width) return x;
  if (h % height === 0 && w % width === 0) {
    const window: [number, number] = [h / height, w / width];
    return tf.avgPool(x, window, window, "valid");
  }
  return mapAxis(mapAxis(x, 2, windows(w, width)), 1, windows(h, height)) as tf.Tensor4D;
}

/** `[to, from]`: window i reaches from `floor(i * from / to)` to `ceil((i + 1) * from / to)`. */
function windows(from: number, to: number): tf.Tensor2D {
  const matrix = new Float32Array(to * from);
  for (let i = 0; i < to; i++) {
    const [start, end] = [Math.floor(i * from / to), Math.ceil((i + 1) * from / to)];
    matrix.fill(1 / (end - start), i * from + start, i * from + end);
  }
  return tf.tensor2d(matrix, [to, from]);
}
