/** Prints the most bytes that a step with the relational loss of 512 examples took. @module */
import * as tf from "@tensorflow/tfjs-core";
import { jit } from "../../../lib/jit/jit.ts";
import { useTensorFlow } from "../../../lib/backend/use_tensorflow.ts";
import { relationalDistillationLoss } from "../../../lib/losses/relational.ts";

await useTensorFlow({ gpu: false });
const gradient = jit((student: tf.Tensor, teacher: tf.Tensor) =>
  tf.grad((x: tf.Tensor) => relationalDistillationLoss(x, teacher))(student)
);
const student = tf.randomNormal([512, 64], 0, 1, "float32", 1);
await gradient(student, tf.randomNormal([512, 64], 0, 1, "float32", 2));
const status = Deno.readTextFileSync("/proc/self/status");
console.log(Number(status.match(/VmHWM:\s+(\d+)/)![1]) * 1024);
