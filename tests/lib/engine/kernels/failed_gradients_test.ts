/**
 * What is left of gradients and ops that fail.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { assertThrows } from "@std/assert";
import { useTensorFlow } from "../../../../lib/engine/use_tensorflow.ts";
import { assertFreesAll, held } from "../counts.ts";

await useTensorFlow();
const x = held([2, 3], 1);

Deno.test("tf.grad() leaves nothing behind where the backward pass throws", async () => {
  const broken = tf.customGrad((x: unknown, save: unknown) => {
    (save as tf.GradSaveFunc)([x as tf.Tensor]);
    return {
      value: tf.square(x as tf.Tensor),
      gradFunc: () => {
        throw new RangeError("mine");
      },
    };
  });
  await assertFreesAll(() =>
    assertThrows(() => tf.grad((x) => tf.sum(broken(tf.exp(x))))(x), RangeError, "mine")
  );
});

Deno.test("tf.grad() names what is not given, and leaves nothing behind", async () => {
  const image = tf.reshape(x, [1, 1, 2, 3]);
  const vector = held([3], 1) as tf.Tensor1D;
  await assertFreesAll(() =>
    tf.tidy(() => {
      const norm = (x: tf.Tensor) => tf.sum(tf.batchNorm(x, vector, vector));
      assertThrows(() => tf.grad(norm)(image), TypeError, "Cannot take the gradient of an op");
    })
  );
  tf.dispose([image, vector]);
});

Deno.test("an op that fails leaves nothing behind, outside of tf.tidy too", async () => {
  const indices = tf.tidy(() =>
    tf.add(tf.tensor2d([[7, 7]], [1, 2], "int32"), tf.scalar(0, "int32"))
  );
  await assertFreesAll(() => {
    assertThrows(() => tf.gatherND(x, indices), Error);
    assertThrows(
      () => tf.engine().runKernel("Sum", { x }, { axis: [9], keepDims: false }),
      Error,
    );
  });
  indices.dispose();
});
