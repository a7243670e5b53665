/**
 * Gradients of resizing images.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { gradient, mapAxis, run } from "./gradient.ts";

/**
 * Resizing is linear along each axis, so its gradient is the transposed map. tfjs's gradient ignores
 * half-pixel centres, and cannot be differentiated again.
 */
function ofResizing(kernelName: "ResizeBilinear" | "ResizeNearestNeighbor"): tf.GradConfig {
  return gradient(kernelName, ["images"], (dy, [images], attrs) => {
    const [, height, width] = images.shape as tf.Tensor4D["shape"];
    const [newHeight, newWidth] = (attrs as { size: [number, number] }).size;
    return {
      images: () => {
        const rows = matrixOf(kernelName, height, newHeight, attrs);
        const columns = matrixOf(kernelName, width, newWidth, attrs);
        return mapAxis(mapAxis(dy, 1, tf.transpose(rows)), 2, tf.transpose(columns));
      },
    };
  });
}

/** `[to, from]`: the op applied to an image with a 1 for each position, one per channel. */
function matrixOf(kernelName: string, from: number, to: number, attrs: object): tf.Tensor2D {
  const ones = tf.reshape(tf.eye(from), [1, from, 1, from]);
  return tf.reshape(run(kernelName, { images: ones }, { ...attrs, size: [to, 1] }), [to, from]);
}

export const resizing: tf.GradConfig[] = [
  ofResizing("ResizeBilinear"),
  ofResizing("ResizeNearestNeighbor"),
];
