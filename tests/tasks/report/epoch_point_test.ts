/** Tests of the figures of an epoch. @module */
import { assertAlmostEquals, assertEquals } from "@std/assert";
import { epochPoint } from "../../../tasks/report/epoch_point.ts";
import { statsOf } from "./logs.ts";

const options = {
  ...{ recipe: "paper", dataset: "CIFAR10-sample", batch_size: 128, holdout: null },
  ...{ epochs: 4, epoch_step: [2], lr: 0.1, lr_decay_ratio: 0.2 },
};

Deno.test("epochPoint() has the log's metrics, the terms and the speed", () => {
  const terms = { cross_entropy: 1.5, attention_0: 0.25, "": "x" };
  const point = epochPoint(statsOf(1, 40, { ...options, terms, at_losses: [0.25] }), 0);
  assertEquals(point, {
    ...{ epoch: 1, test_acc: 40, train_acc: 41, test_loss: 2, train_loss: 3 },
    ...{ "term cross_entropy": 1.5, "term attention_0": 0.25 },
    ...{ learning_rate: 0.1, images_per_second: 200 },
  });
});

Deno.test("epochPoint() takes the attention losses from logs without terms", () => {
  const point = epochPoint(statsOf(1, 40, { at_losses: [0.5, 0.25] }), 0);
  assertEquals([point["pair 1"], point["pair 2"]], [0.5, 0.25]);
});

Deno.test("epochPoint() derives the learning rate that the epoch ended with", () => {
  const rate = (epoch: number, more = {}) =>
    epochPoint(statsOf(epoch, 40, { ...options, ...more }), epoch - 1).learning_rate;
  assertEquals([rate(1), rate(2)], [0.1, 0.1]);
  assertAlmostEquals(rate(3)!, 0.02);
  // 2000 images are 16 steps of 128: the last of two epochs' warm-up is near the full rate.
  assertAlmostEquals(rate(1, { warmup: 2 })!, 0.05, 0.005);
  assertAlmostEquals(rate(2, { batch_size: 256, lr_scale: "linear" })!, 0.2);
  assertAlmostEquals(rate(2, { lr_schedule: "cosine" })!, 0.05, 0.005);
  assertAlmostEquals(rate(4, { lr_schedule: "one-cycle" })!, 4e-7);
  const wrong = [{ lr: "x" }, { epoch_step: null }, { batch_size: 0 }, { lr_scale: "x" }];
  for (const damaged of [...wrong, { epochs: -1 }, { lr_schedule: "x" }, { lr_end: "x" }]) {
    assertEquals(rate(1, damaged), undefined, JSON.stringify(damaged));
  }
});

Deno.test("epochPoint() tells epochs per hour without the number of images, and nothing of a part", () => {
  const unknown = statsOf(2, 40, { dataset: "constructor" });
  assertEquals(epochPoint(unknown, 1).epochs_per_hour, 360);
  const part = epochPoint(statsOf(2, 40, options), 1.5);
  assertEquals([part.images_per_second, part.epochs_per_hour], [undefined, undefined]);
});
