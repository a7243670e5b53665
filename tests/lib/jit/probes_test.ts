/**
 * The probes of fused ops and of bfloat16.
 *
 * @module
 */
import "@tensorflow/tfjs";
import * as tf from "@tensorflow/tfjs-core";
import { assertEquals, assertThrows } from "@std/assert";
import { Context } from "../../../lib/tensorflow/context.ts";
import { jit } from "../../../lib/jit/jit.ts";
import { openLibrary } from "../../../lib/tensorflow/library.ts";
import { canFuse, canNarrow } from "../../../lib/jit/probes.ts";
import { useTensorFlow } from "../../../lib/backend/use_tensorflow.ts";
import { take } from "./counts.ts";

const library = openLibrary((await useTensorFlow({ gpu: false })).library);
const context = new Context(library);
const fuses = canFuse(context);

Deno.test("canFuse() says the same each time, and leaves no function behind", () => {
  assertEquals(canFuse(context), fuses);
  for (const name of ["probe_plain", "probe_pass"]) {
    assertThrows(() => context.removeFunction(name), Error, name);
  }
});

Deno.test("canFuse() decides what jit makes of a convolution, its bias and its relu", async () => {
  const f = jit((x: tf.Tensor4D, filter: tf.Tensor4D, bias: tf.Tensor) =>
    tf.relu(tf.add(tf.conv2d(x, filter, 1, "same"), bias))
  );
  const x = tf.ones<tf.Rank.R4>([1, 2, 2, 4]);
  take(await f(x, tf.ones([1, 1, 4, 4]), tf.ones([4])));
  assertEquals(f.printTraces()[0]?.includes("_FusedConv2D"), fuses);
});

Deno.test("canNarrow() says yes without fused ops wherever it does with them", () => {
  // Without AVX-512, oneDNN has no fused ops in bfloat16, and TensorFlow has the others.
  if (fuses && canNarrow(true, context)) {
    assertEquals(canNarrow(false, context), true);
  }
});
