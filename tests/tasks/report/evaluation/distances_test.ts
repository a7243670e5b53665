/**
 * Tests of the distances of attention maps.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { attentionTransferLoss, spatialMap } from "../../../../lib/losses/attention.ts";
import {
  histogramOf,
  largestDistance,
  largestOf,
  mapDistances,
  meanOf,
  summaryOf,
  sumOfGroups,
} from "../../../../tasks/report/evaluation/distances.ts";
import { backends } from "../../../backends.ts";

for (const { name, use } of backends) {
  Deno.test(`mapDistances() is twice the paper's loss of each image, on ${name}`, async () => {
    const distances = use((a: tf.Tensor4D, b: tf.Tensor4D) =>
      mapDistances(spatialMap(a), spatialMap(b))
    );
    const student = tf.randomNormal<tf.Rank.R4>([5, 8, 6, 3], 0, 1, "float32", 1);
    // Twice as large, as of a teacher that sees more finely.
    const teacher = tf.randomNormal<tf.Rank.R4>([5, 16, 12, 7], 0, 1, "float32", 2);
    const values = await (await distances(student, teacher)).data();
    assertEquals(values.length, 5);
    for (const [i, value] of values.entries()) {
      const [one, other] = [tf.slice(student, i, 1), tf.slice(teacher, i, 1)];
      const loss = attentionTransferLoss(one, other, { form: "paper" });
      assertAlmostEquals(value, 2 * loss.dataSync()[0]!, 1e-5);
    }
  });
}

Deno.test("mapDistances() is 0 for maps that differ by a factor, and largest for disjoint ones", () => {
  const { numTensors } = tf.memory();
  const own = tf.tensor3d([1, 2, 3, 4, 1, 0, 0, 0, 0, 0, 0, 0], [3, 2, 2]);
  const other = tf.tensor3d([2, 4, 6, 8, 0, 0, 5, 0, 0, 0, 0, 0], [3, 2, 2]);
  const distances = mapDistances(own, other);
  const [same, disjoint, zero] = distances.dataSync();
  tf.dispose([own, other, distances]);
  assertEquals(tf.memory().numTensors, numTensors);
  assertAlmostEquals(same!, 0, 1e-6);
  assertAlmostEquals(disjoint!, largestDistance, 1e-6);
  assertEquals(zero, 0); // zero maps stay zero, as for the loss
});

Deno.test("mapDistances() refuses other batches", () => {
  const [one, two] = [tf.zeros<tf.Rank.R3>([1, 2, 2]), tf.zeros<tf.Rank.R3>([2, 2, 2])];
  assertThrows(() => mapDistances(one, two), TypeError, "the batches must be the same");
});

Deno.test("summaryOf() and meanOf() sum numbers up, and give nothing for none", () => {
  const values = Float32Array.from({ length: 10 }, (_, i) => 10 - i);
  assertEquals(summaryOf(values), { mean: 5.5, median: 5, p90: 9, largest: 10 });
  assertEquals(summaryOf(Float32Array.of(7)), { mean: 7, median: 7, p90: 7, largest: 7 });
  assertEquals(values[0], 10); // unsorted still
  assertEquals([summaryOf(new Float32Array()), meanOf(new Float32Array())], [undefined, undefined]);
});

Deno.test("histogramOf() counts every value, the end too", () => {
  const counts = histogramOf(Float32Array.of(0, 0.2, 0.25, 0.9, 1), 4, 1);
  assertEquals([...counts], [2, 1, 0, 2]);
});

Deno.test("sumOfGroups() and largestOf() find the images with the largest sum", () => {
  const sums = sumOfGroups([Float32Array.of(1, 5, 2), Float32Array.of(2, 0, 3)]);
  assertEquals([...sums], [3, 5, 5]);
  assertEquals(largestOf(sums, 2), [1, 2]);
  assertEquals(largestOf(sums, 9), [1, 2, 0]);
});
