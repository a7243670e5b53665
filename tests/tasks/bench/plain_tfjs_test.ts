/** Tests of tasks/bench/plain_tfjs.ts. @module */
import "@tensorflow/tfjs";
import * as tf from "@tensorflow/tfjs-core";
import { assertEquals } from "@std/assert";
import { wideResNet } from "../../../models/wide_resnet.ts";
import { plainSteps } from "../../../tasks/bench/plain_tfjs.ts";

await tf.setBackend("cpu");

const sizeOf = (tensors: Iterable<tf.Tensor>) => [...tensors].reduce((n, { size }) => n + size, 0);

Deno.test("plainSteps() trains a network of WRN-10-1's size", async () => {
  const images = tf.randomNormal<tf.Rank.R4>([1, 8, 8, 3], 0, 1, "float32", 0);
  const steps = plainSteps(images, tf.tensor1d([3], "int32"));
  const variables = Object.values(tf.engine().registeredVariables);
  const params = wideResNet({ depth: 10, width: 1, numClasses: 10 }).init(0);
  const trainable = Object.entries(params).filter(([key]) => !/running|num_batches/.test(key));
  assertEquals(sizeOf(variables), sizeOf(trainable.map(([, tensor]) => tensor)));
  const before = variables.map((variable) => variable.dataSync().slice());
  assertEquals((await steps(1)).length, 1);
  const moved = variables.filter((variable, i) =>
    variable.dataSync().some((value, j) => value !== before[i]![j])
  );
  assertEquals(moved.length, variables.length);
});
