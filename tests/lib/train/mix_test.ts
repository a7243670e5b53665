/**
 * Mixed batches against torchvision.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { assert, assertEquals, assertThrows } from "@std/assert";
import type { Mixing } from "../../../lib/data/batches.ts";
import { cutMix, mixUp } from "../../../lib/data/mixing.ts";
import type { TensorBatch } from "../../../lib/train/batch.ts";
import { mixBatch } from "../../../lib/train/mix.ts";
import { oneHot } from "../../../lib/losses/one_hot.ts";
import { backends } from "../../backends.ts";
import { assertClose, readFixture, toTensor, type Values } from "../../parity.ts";
import { mixingTensors } from "./mixing_tensors.ts";

const fixture = await readFixture("training");
const [images, labels] = [fixture.get("mixing/images"), fixture.get("mixing/labels")];
const size = [9, 12] as const;
/** As torchvision's `roll`. */
const partners = Int32Array.of(4, 0, 1, 2, 3);

/** The images of a mixed batch, and its labels as one distribution for each image. */
function mixed(batch: TensorBatch) {
  const { images, labels, mixed } = mixBatch(batch);
  assert(mixed);
  const [first, second] = [oneHot(labels, 10), oneHot(mixed.labels, 10)];
  const targets = tf.add(tf.mul(first, mixed.share), tf.mul(second, tf.sub(1, mixed.share)));
  return { images, targets, share: mixed.share };
}

for (const { name, use } of backends) {
  Deno.test(`mixBatch() mixes images and labels as torchvision's MixUp and CutMix (${name})`, async () => {
    const run = use(mixed);
    const check = async (label: string, mixing: Mixing, expected: Record<string, Values>) => {
      const result = await run({
        images: toTensor<tf.Rank.R4>(images),
        labels: toTensor<tf.Rank.R1>(labels),
        mixing: mixingTensors(mixing, size),
      });
      assertClose(result.images, expected.images!, { atol: 1e-6 }, `images of ${label}`);
      assertClose(result.targets, expected.targets!, { atol: 2e-7 }, `labels of ${label}`);
      assert(result.share.dataSync()[0]! >= 0.5, label);
    };
    for (const name of ["0.0", "0.3", "0.5", "0.9", "1.0"]) {
      const mixing = mixUp({ partners, size, share: Number(name) });
      await check(`mixup ${name}`, mixing, fixture.under(`mixing/mixup/${name}`));
    }
    for (const name of ["0.0", "0.2", "0.5", "0.75", "0.97", "1.0"]) {
      const expected = fixture.under(`mixing/cutmix/${name}`);
      const center = [...expected.center!.data] as [number, number];
      const mixing = cutMix({ partners, size, share: Number(name), center });
      await check(`CutMix ${name}`, mixing, expected);
    }
  });
}

Deno.test("mixBatch() leaves a batch without mixing alone, and refuses a part of one", () => {
  const batch = { images: tf.zeros<tf.Rank.R4>([1, 1, 1, 1]), labels: tf.tensor1d([0], "int32") };
  assertEquals(mixBatch(batch), batch);
  const mixing = { partners: batch.labels, own: undefined, share: tf.scalar(1) };
  assertThrows(() => mixBatch({ ...batch, mixing } as never), TypeError, "own");
});
