/**
 * Implements `--summaries`: writes pictures of a few test images' attention maps and histograms of
 * weights and gates for TensorBoard, after each epoch. The pictures are also a file of their own, for
 * `deno task report`.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { join } from "@std/path";
import { encode } from "fast-png";
import { UserError } from "../../lib/errors.ts";
import { writeWhole } from "../../lib/files.ts";
import type { Summaries } from "../../lib/backend/summaries.ts";
import type { Normalization } from "../../lib/data/normalize.ts";
import { attentionMap } from "../../lib/losses/attention.ts";
import type { Network } from "../../lib/networks/network.ts";
import { isTrainable, type Params } from "../../lib/params.ts";
import type { Batches } from "../../lib/train/pipeline.ts";
import { acrossGate } from "../visualize/gate.ts";
import { palette } from "../visualize/heat.ts";
import { picturesName } from "./run_log.ts";

/** What to write summaries of. */
export interface Summarized {
  network: Pick<Network, "model" | "sge">;
  /** The test images; the first few are shown. */
  testBatches: () => Batches;
  /** How the images are normalised. */
  normalization: Normalization;
}

/** Writes the summaries of an epoch. */
export type WriteEpoch = (params: Params, step: number) => Promise<void>;

/** Images that are shown. */
const shown = 4;
/** Larger images are shown with this longer side: the events stay small. */
const mostPixels = 64;

/**
 * Reads the first test images, and returns what writes the summaries of an epoch:
 *
 * - `attention/image/I`: test image I, and the attention map of each group over it;
 * - `weights/KEY`: the histogram of each trainable parameter;
 * - `gates/groupG`: that of the last gate of each group for these images, if there are gates.
 *
 * @param folder The run folder, for the file of pictures.
 */
export async function epochSummaries(
  folder: string,
  summaries: Summaries,
  { network, testBatches, normalization }: Summarized,
): Promise<WriteEpoch> {
  const { values, shape } = await firstImages(testBatches());
  return async (params, step) => {
    const pictures = tf.tidy(() => {
      const images = tf.tensor4d(values, shape);
      const photos = photosOf(images, normalization);
      const { groups, gateInputs = [] } = network.model.f(images, params, "eval");
      const maps = groups.map((group) => overlay(photos, group));
      const pictures: tf.Tensor4D = tf.concat([photos, ...maps], 2);
      summaries.images("attention", pictures, step);
      for (const [key, values] of Object.entries(params)) {
        if (isTrainable(key)) summaries.histogram(`weights/${key}`, values, step);
      }
      for (const [group, before] of gateInputs.entries()) {
        const { gate } = acrossGate({ ...network, params }, before, group);
        summaries.histogram(`gates/group${group}`, gate, step);
      }
      return pictures;
    });
    await writeWhole(join(folder, picturesName), await pngOf(pictures));
  };
}

/** Pictures `[N, H, W, 3]`, one below the other, as PNG. Frees them. */
async function pngOf(pictures: tf.Tensor4D): Promise<Uint8Array> {
  const [count, height, width] = pictures.shape;
  const data = Uint8Array.from(await pictures.data(), Math.round);
  pictures.dispose();
  return encode({ data, width, height: count * height, channels: 3 });
}

/** The first images, `[N, H, W, C]`. */
async function firstImages(
  batches: Batches,
): Promise<{ values: Float32Array; shape: [number, number, number, number] }> {
  for await (const { images, shape: [count, ...ofImage] } of batches) {
    const few = Math.min(count, shown);
    return {
      values: images.slice(0, ofImage.reduce((a, b) => a * b, few)),
      shape: [few, ...ofImage],
    };
  }
  throw new UserError("Cannot write --summaries: there are no test images");
}

/** The images as pixels, 0 to 255, and not larger than what is shown; grey unless of three colours. */
function photosOf(images: tf.Tensor4D, { mean, std }: Normalization): tf.Tensor4D {
  const all: tf.Tensor4D = tf.add(tf.mul(images, tf.tensor1d([...std])), tf.tensor1d([...mean]));
  const [, height, width, channels] = images.shape;
  const pixels: tf.Tensor4D = channels === 3 ? all : tf.tile(tf.mean(all, 3, true), [1, 1, 1, 3]);
  const scale = Math.min(1, mostPixels / Math.max(height, width));
  return tf.clipByValue(
    resized(pixels, Math.round(height * scale), Math.round(width * scale)),
    0,
    255,
  );
}

function resized(images: tf.Tensor4D, height: number, width: number): tf.Tensor4D {
  const [, from, across] = images.shape;
  if (from === height && across === width) return images;
  return tf.image.resizeBilinear(images, [height, width], false, true);
}

/** The attention map of a group over the photos, from its least value (dark) to its greatest. */
function overlay(photos: tf.Tensor4D, group: tf.Tensor4D): tf.Tensor4D {
  const [count, height, width] = group.shape;
  const map: tf.Tensor4D = tf.reshape(attentionMap(group), [count, height, width, 1]);
  const [, down, across] = photos.shape;
  const large = resized(map, down, across);
  const least = tf.min(large, [1, 2, 3], true);
  const range = tf.sub(tf.max(large, [1, 2, 3], true), least);
  const share = tf.divNoNan(tf.sub(large, least), range);
  const index = tf.cast(tf.mul(share, palette.length - 1), "int32");
  const colors = tf.gather(
    tf.tensor2d(palette.map((color) => color.slice(0, 3))),
    tf.squeeze(index, [3]),
  );
  const opacity = ((palette[0] as number[])[3] as number) / 255;
  return tf.add(tf.mul(photos, 1 - opacity), tf.mul(colors, opacity));
}
