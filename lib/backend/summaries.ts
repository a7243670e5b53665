/**
 * TensorBoard events, written by TensorFlow's own ops through tfjs-node.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { UserError } from "../errors.ts";
import type { Executor } from "./kernels/kernel.ts";
import { AttrType, type OpAttr, typeAttr } from "../tensorflow/attributes.ts";
import { DataType } from "../tensorflow/data_types.ts";
import "./node_util.ts";
import { summaryFileWriter } from "@tensorflow/tfjs-node-gpu/dist/tensorboard.js";

/** Writes scalars, images and histograms for TensorBoard. */
export interface Summaries {
  scalar(name: string, value: number, step: number): void;
  /**
   * Writes images as PNG, with the tags `NAME/image/0`, `NAME/image/1` and so on.
   *
   * @param images `[N, H, W, 3]`, 0 to 255; rounded down.
   */
  images(name: string, images: tf.Tensor4D, step: number): void;
  /** Writes a histogram of all values of a float32 tensor, which must be finite. */
  histogram(name: string, values: tf.Tensor, step: number): void;
  /** Writes buffered events to disk. */
  flush(): void;
}

/**
 * Opens an events file in the folder. TensorFlow must be tfjs's backend.
 *
 * @throws {UserError} If the folder has links or devices with names of events files. TensorFlow names
 * its file by the time, and would write through such a link.
 */
export function openSummaries(folder: string): Summaries {
  for (const { name, isFile } of Deno.readDirSync(folder)) {
    if (isFile || !name.startsWith("events.")) continue;
    throw new UserError(
      `Cannot write events in ${folder}: ${JSON.stringify(name)} is a link or a device, and no ` +
        "file; remove it",
      { code: "not-writable" },
    );
  }
  const writer = summaryFileWriter(folder);
  const backend = tf.backend() as tf.KernelBackend & Executor;
  // Missing in tfjs-node's types.
  const { resourceHandle } = writer as unknown as { resourceHandle: tf.Tensor };
  const cast = (x: tf.Tensor, from: number, to: number): tf.Tensor => {
    const types = [typeAttr("SrcT", from), typeAttr("DstT", to)];
    return backend.executeMultipleOutputs("Cast", types, [x], 1)[0] as tf.Tensor;
  };
  const write = (op: string, attributes: OpAttr[], step: number, inputs: tf.Tensor[]) => {
    const place = cast(tf.scalar(step, "int32"), DataType.int32, DataType.int64);
    backend.executeMultipleOutputs(op, attributes, [resourceHandle, place, ...inputs], 0);
  };
  return {
    scalar: (name, value, step) => writer.scalar(name, value, step),
    images: (name, images, step) =>
      tf.tidy(() => {
        // TensorFlow would stretch each float32 image to its own range.
        const pixels = cast(images, DataType.float32, DataType.uint8);
        const ofNonFinite = cast(tf.zeros([3]), DataType.float32, DataType.uint8);
        const count = { name: "max_images", type: AttrType.int, value: images.shape[0] };
        const attributes = [count, typeAttr("T", DataType.uint8)];
        write("WriteImageSummary", attributes, step, [tf.scalar(name), pixels, ofNonFinite]);
      }),
    histogram: (name, values, step) =>
      tf.tidy(() => {
        const attributes = [typeAttr("T", DataType.float32)];
        write("WriteHistogramSummary", attributes, step, [tf.scalar(name), values]);
      }),
    flush: () => writer.flush(),
  };
}
