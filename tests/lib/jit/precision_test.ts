/** Tests of a part of a function in a precision of its own. @module */
import * as tf from "@tensorflow/tfjs-core";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { useTensorFlow } from "../../../lib/backend/use_tensorflow.ts";
import { jit } from "../../../lib/jit/jit.ts";
import { inPrecision } from "../../../lib/jit/precision.ts";
import { narrows } from "./narrows.ts";

await useTensorFlow({ gpu: false });

Deno.test("inPrecision() runs float32 anywhere, and names what bfloat16 needs", () => {
  assertEquals(inPrecision("float32", () => 7), 7);
  assertThrows(
    () => inPrecision("bfloat16", () => 7),
    Error,
    "call useTensorFlow() first, and jit",
  );
});

Deno.test("inPrecision() ends with its part, also where that throws", {
  ignore: !narrows,
}, async () => {
  const filter = tf.randomNormal<tf.Rank.R4>([3, 3, 4, 4], 0, 1, "float32", 1);
  const x = tf.randomNormal<tf.Rank.R4>([1, 6, 6, 4], 0, 1, "float32", 2);
  const plain = tf.conv2d(x, filter, 1, "same").dataSync();
  const f = jit((x: tf.Tensor4D) => {
    const narrow = inPrecision("bfloat16", () => tf.conv2d(x, filter, 1, "same"));
    try {
      inPrecision("bfloat16", () => {
        throw new Error("mine");
      });
    } catch {
      // What follows is float32 all the same.
    }
    return [narrow, tf.conv2d(x, filter, 1, "same")];
  });
  const [narrow, wide] = (await f(x)).map((tensor) => tensor.dataSync()) as [
    Float32Array,
    Float32Array,
  ];
  const error = (values: ArrayLike<number>) =>
    Math.max(...Array.from(values, (value, i) => Math.abs(value - plain[i]!)));
  assert(error(wide) < 1e-4, `float32 is off by ${error(wide)}`);
  assert(error(narrow) > 1e-3 && error(narrow) < 0.5, `bfloat16 is off by ${error(narrow)}`);
});
