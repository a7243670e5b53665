/**
 * Right answers are counted as PyTorch's argmax and topk give them, on every backend, NaN included.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { assertEquals } from "@std/assert";
import { countCorrect, countNonFinite } from "../../../lib/train/count_correct.ts";
import { evalStep } from "../../../lib/train/eval_step.ts";
import { trainStep } from "../../../lib/train/train_step.ts";
import { sgd } from "../../../lib/train/sgd.ts";
import { randomStream } from "../../../lib/random.ts";
import type { ModelOutput } from "../../../models/model.ts";
import { backends } from "../../backends.ts";

const classes = 7;
const [nan, inf] = [NaN, Infinity];

/** What `torch.argmax` of PyTorch 2.15 gives for each row. */
const ofTorch: [row: number[], argmax: number][] = [
  [Array(classes).fill(nan), 0],
  [Array(classes).fill(0), 0],
  [Array(classes).fill(inf), 0],
  [Array(classes).fill(-inf), 0],
  [[1, nan, 3, nan, 2, 0, -1], 1],
  [[inf, nan, inf, 0, 1, 2, 3], 1],
  [[1, 2, 2, 2, 2, 2, 0], 1],
  [Array(classes).fill(5), 0],
  [[-0, 0, -0, 0, 0, 0, 0], 0],
  [[0, -inf, inf, inf, -inf, 1, nan], 6],
];

/** The classes in the order of a stable descending sort, NaN being the largest: as `torch.sort`. */
function order(row: readonly number[]): number[] {
  const isLarger = (a: number, b: number) => Number.isNaN(a) ? !Number.isNaN(b) : a > b;
  return row.map((_, i) => i).sort((i, j) => {
    const [a, b] = [row[i]!, row[j]!];
    return isLarger(a, b) ? -1 : isLarger(b, a) ? 1 : i - j;
  });
}

/** A step's metrics for a network that gives these logits. */
function given(logits: tf.Tensor2D): { f: () => ModelOutput } {
  return { f: () => ({ logits, groups: [], stats: {} }) };
}

for (const { name, use } of backends) {
  Deno.test(`countCorrect() answers as torch.argmax, whatever the logits (${name})`, async () => {
    const count = use(countCorrect);
    for (const [row, argmax] of ofTorch) {
      const rows = tf.tensor2d(Array.from({ length: classes }, () => row));
      const labels = tf.range(0, classes, 1, "int32") as tf.Tensor1D;
      const alone = use((x: tf.Tensor2D, label: tf.Tensor1D) => countCorrect(x, label).correct);
      for (let label = 0; label < classes; label++) {
        const correct = await alone(tf.tensor2d([row]), tf.tensor1d([label], "int32"));
        assertEquals(correct.dataSync()[0], label === argmax ? 1 : 0, `[${row}], label ${label}`);
      }
      const { correct, correct5 } = await count(rows, labels);
      assertEquals([correct.dataSync()[0], correct5.dataSync()[0]], [1, 5], `[${row}]`);
    }
  });

  Deno.test(`countCorrect() of random rows full of ties and NaN (${name})`, async () => {
    const random = randomStream(7);
    const values = [nan, inf, -inf, 0, -0, 1, 1, 2, -1];
    const rows = Array.from(
      { length: 2000 },
      () => Array.from({ length: classes }, () => values[random.integer(values.length)]!),
    );
    const labels = Int32Array.from(rows, () => random.integer(classes + 2) - 1); // some are no class
    const { correct, correct5 } = await use(countCorrect)(
      tf.tensor2d(rows),
      tf.tensor1d(labels, "int32"),
    );
    const first = (k: number) =>
      rows.filter((row, i) => order(row).slice(0, k).includes(labels[i]!)).length;
    assertEquals([correct.dataSync()[0], correct5.dataSync()[0]], [first(1), first(5)]);
  });

  Deno.test(`countNonFinite() counts rows with NaN or an infinite number (${name})`, async () => {
    const rows = tf.tensor2d([[1, 2], [nan, 1], [3e38, -3e38], [-inf, 1], [inf, nan], [0, inf]]);
    assertEquals((await use(countNonFinite)(rows)).dataSync()[0], 4);
  });

  Deno.test(`evalStep() finds a network that diverged not right (${name})`, async () => {
    const labels = tf.tensor1d([1, 2, 3, 4, 5, 6], "int32"); // 0 is what equal logits answer
    const images = tf.zeros<tf.Rank.R4>([6, 2, 2, 3]);
    const evaluate = use((
      logits: tf.Tensor2D,
      batch: { images: tf.Tensor4D; labels: tf.Tensor1D },
    ) => evalStep(given(logits))({}, batch));
    for (const value of [nan, inf, -inf, 0, 1e30]) {
      const logits = tf.fill<tf.Rank.R2>([6, classes], value);
      const { correct, correct5, nonFinite } = await evaluate(logits, { images, labels });
      const metrics = [correct, correct5, nonFinite!].map((x) => x.dataSync()[0]);
      assertEquals(metrics, [0, 4, Number.isFinite(value) ? 0 : 6], `logits of ${value}`);
    }
  });

  Deno.test(`trainStep() counts NaN as no right answer (${name})`, async () => {
    const step = use(trainStep({
      model: {
        f: (_x, { w }) => ({
          logits: tf.mul(tf.ones([3, classes]), w!) as tf.Tensor2D,
          groups: [],
          stats: {},
        }),
      },
      optimizer: sgd(),
      loss: ({ student }) => ({ size: tf.mean(student.logits) }),
    }));
    const { correct, correct5 } = await step(
      { params: { w: tf.scalar(nan) }, buffers: { w: tf.scalar(0) } },
      { images: tf.zeros([3, 1, 1, 1]), labels: tf.tensor1d([3, 5, 6], "int32") },
      { rate: tf.scalar(0.1) },
    );
    assertEquals([correct.dataSync()[0], correct5.dataSync()[0]], [0, 1]);
  });
}
