/**
 * Resizing like PyTorch's. Bilinear resizing takes two constant matrices: the resize gradient of tfjs
 * ignores half-pixel centres.
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

/**
 * Resizes an activation like `F.interpolate(mode="nearest")`: position i takes the value at
 * `floor(i * old / new)`.
 *
 * @param x `[N, H, W, C]`.
 * @returns `[N, height, width, C]`.
 */
export function resizeNearest(x: tf.Tensor4D, height: number, width: number): tf.Tensor4D {
  const [count, h, w, channels] = x.shape;
  if (h === height && w === width) return x;
  if (height % h === 0 && width % w === 0) {
    // Broadcasting copies, and its gradient is a sum, on every backend.
    const wide = repeat(tf.reshape(x, [count * h, w, 1, channels]), width / w);
    const tall = repeat(tf.reshape(wide, [count, h, 1, width * channels]), height / h);
    return tf.reshape(tall, [count, height, width, channels]);
  }
  return mapAxis(
    mapAxis(x, 2, nearestMatrix(w, width)),
    1,
    nearestMatrix(h, height),
  ) as tf.Tensor4D;
}

/** Repeats axis 2, whose size is 1. */
function repeat(x: tf.Tensor, times: number): tf.Tensor {
  return tf.add(x, tf.zeros([1, 1, times, 1]));
}

/** `[to, from]`: 1 at the old position that each new one takes. */
function nearestMatrix(from: number, to: number): tf.Tensor2D {
  const matrix = new Float32Array(to * from);
  for (let i = 0; i < to; i++) matrix[i * from + Math.floor(i * from / to)] = 1;
  return tf.tensor2d(matrix, [to, from]);
}
