/**
 * Tests of `--summaries`.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { decode } from "fast-png";
import { openSummaries } from "../../../lib/backend/summaries.ts";
import { useTensorFlow } from "../../../lib/backend/use_tensorflow.ts";
import type { ImageSet } from "../../../lib/data/image_set.ts";
import { evalBatches } from "../../../lib/data/batches.ts";
import { NORMALIZATION } from "../../../lib/data/normalize.ts";
import { UserError } from "../../../lib/errors.ts";
import { resizeMap } from "../../../lib/localization/resize_map.ts";
import { attentionMap } from "../../../lib/losses/attention.ts";
import { randomStream } from "../../../lib/random.ts";
import { wideResNet } from "../../../models/wide_resnet.ts";
import { epochSummaries } from "../../../tasks/run/epoch_summaries.ts";
import { acrossGate } from "../../../tasks/visualize/gate.ts";
import { palette } from "../../../tasks/visualize/heat.ts";
import { inFolder } from "../../folders.ts";
import { eventsOf } from "../../lib/backend/events.ts";

await useTensorFlow({ gpu: false });

const sge = { groups: 2, initWeight: 1 };
const model = wideResNet({ depth: 10, width: 0.25, numClasses: 3, sge });
const params = model.init(1);
const normalization = NORMALIZATION.paper;

const greyNetwork = (x: tf.Tensor4D) => ({
  logits: tf.mean(x, [1, 2]) as tf.Tensor2D,
  groups: [x],
  stats: {},
});

function imagesOf(count: number, side: number): ImageSet {
  const { integer } = randomStream(1, 0);
  return {
    images: Uint8Array.from({ length: count * side * side * 3 }, () => integer(256)),
    labels: new Int32Array(count),
    ...{ size: count, height: side, width: side, channels: 3, classes: ["a"] },
  };
}

function summarized(set: ImageSet) {
  const testBatches = () => evalBatches(set, { batchSize: 5, normalization });
  return { network: { model, sge }, testBatches, normalization };
}

Deno.test("epochSummaries() writes test images with their maps, and histograms of weights and gates", () =>
  inFolder(async (folder) => {
    const set = imagesOf(6, 8);
    const summaries = openSummaries(folder);
    const writeEpoch = await epochSummaries(folder, summaries, summarized(set));
    const { numTensors } = tf.memory();
    await writeEpoch(params, 10);
    await writeEpoch(params, 20);
    summaries.flush();
    assertEquals(tf.memory().numTensors, numTensors);

    const events = await eventsOf(folder);
    const first = events.filter(({ step }) => step === 10);
    assertEquals(events.length, 2 * first.length);
    const images = first.flatMap(({ tag, image }) => image ? [{ tag, image }] : []);
    assertEquals(images.map(({ tag }) => tag), [0, 1, 2, 3].map((i) => `attention/image/${i}`));

    const batch = [...evalBatches(set, { batchSize: 4, normalization })][0]!;
    const inputs = tf.tensor4d(batch.images, batch.shape);
    const { groups } = model.f(inputs, params, "eval");
    const map = attentionMap(groups[1]!).arraySync()[2]!;
    const large = resizeMap(Float32Array.from(map), [4, 4], [8, 8]);
    const [least, most] = [Math.min(...large), Math.max(...large)];
    const { width, height, data } = images[2]!.image;
    assertEquals([width, height], [4 * 8, 8]);
    for (let at = 0; at < 64; at++) {
      const [y, x] = [Math.floor(at / 8), at % 8];
      const color = palette[Math.floor((large[at]! - least) / (most - least) * 255)]!;
      for (const channel of [0, 1, 2]) {
        const photo = set.images[(2 * 64 + at) * 3 + channel]!;
        const pixel = (place: number) => data[(y * 32 + place * 8 + x) * 3 + channel]!;
        assert(Math.abs(pixel(0) - photo) <= 1, `pixel ${y},${x}: ${pixel(0)}, not ${photo}`);
        const mixed = photo + (color[channel]! - photo) * 160 / 255;
        // Rounding may choose the next colour.
        assert(Math.abs(pixel(2) - mixed) <= 4, `map at ${y},${x}: ${pixel(2)}, not ${mixed}`);
      }
    }

    // The same pictures, one below the other.
    const png = decode(await Deno.readFile(join(folder, "attention.png")));
    assertEquals([png.width, png.height, png.channels], [4 * 8, 4 * 8, 3]);
    const row = png.data.slice(2 * data.length, 3 * data.length);
    assert(row.every((value, i) => Math.abs(value - data[i]!) <= 1));

    const histograms = new Map(first.map(({ tag, histogram }) => [tag, histogram]));
    for (const [key, values] of Object.entries(params)) {
      const found = histograms.get(`weights/${key}`);
      if (/running/.test(key)) assertEquals(found, undefined);
      else assertEquals([found!.count, found!.min], [values.size, tf.min(values).dataSync()[0]]);
    }
    const { gateInputs } = model.f(inputs, params, "eval");
    for (const group of [0, 1, 2]) {
      const { gate } = acrossGate({ params, sge }, gateInputs![group]!, group);
      const found = histograms.get(`gates/group${group}`)!;
      assertEquals([found.count, found.max], [gate.size, tf.max(gate).dataSync()[0]]);
    }
  }));

Deno.test("epochSummaries() shows large images small, and as many as there are", () =>
  inFolder(async (folder) => {
    const summaries = openSummaries(folder);
    const writeEpoch = await epochSummaries(folder, summaries, summarized(imagesOf(1, 128)));
    await writeEpoch(params, 1);
    summaries.flush();
    const images = (await eventsOf(folder)).flatMap(({ image }) => image ?? []);
    assertEquals(images.map(({ width, height }) => [width, height]), [[4 * 64, 64]]);
  }));

Deno.test("epochSummaries() shows images of other than three colours grey", () =>
  inFolder(async (folder) => {
    const [count, side] = [2, 4];
    const images = Uint8Array.from({ length: count * side * side * 2 }, (_, i) => 40 * (i % 2) + i);
    const size = { size: count, height: side, width: side, channels: 2 };
    const set = { images, labels: new Int32Array(count), ...size, classes: ["a"] };
    const normalization = { mean: [10, 20], std: [3, 4] };
    const network = { model: { f: greyNetwork, init: () => ({}) }, sge: undefined };
    const testBatches = () => evalBatches(set, { batchSize: 5, normalization });
    const summaries = openSummaries(folder);
    const writeEpoch = await epochSummaries(folder, summaries, {
      ...{ network, testBatches, normalization },
    });
    await writeEpoch({}, 1);
    summaries.flush();
    const { data, width } = (await eventsOf(folder)).flatMap(({ image }) => image ?? [])[0]!;
    for (let at = 0; at < side * side; at++) {
      const place = Math.floor(at / side) * width + at % side;
      const grey = (images[2 * at]! + images[2 * at + 1]!) / 2;
      for (const channel of [0, 1, 2]) {
        assert(Math.abs(data[place * 3 + channel]! - grey) <= 1, `pixel ${at}`);
      }
    }
  }));

Deno.test("epochSummaries() refuses a test set without images", () =>
  inFolder(async (folder) => {
    const writing = () => epochSummaries(folder, openSummaries(folder), summarized(imagesOf(0, 8)));
    await assertRejects(writing, UserError, "there are no test images");
  }));
