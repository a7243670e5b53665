/**
 * The door to the engine.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { useTensorFlow } from "../../../lib/backend/use_tensorflow.ts";
import { UserError } from "../../../lib/errors.ts";

// Here and not in a test, for the library stays open.
const [info, same] = await Promise.all([1, 1].map((threads) => useTensorFlow({ threads })));

Deno.test("useTensorFlow() refuses a number of threads that is no whole one", async () => {
  for (const threads of [0, -1, 1.5, NaN, Infinity]) {
    await assertRejects(() => useTensorFlow({ threads }), RangeError, `use ${threads} threads`);
  }
});

Deno.test("useTensorFlow() makes TensorFlow tfjs's backend, and tells what it found", async () => {
  assert(info && info === same);
  assertEquals(tf.getBackend(), "tensorflow");
  assertMatch(info.version, /^2\.\d+\.\d+/);
  assert((await Deno.stat(info.library)).isFile);
  assert(["CPU", "GPU"].includes(info.device));
  assertEquals([...tf.add([1, 2], 1).dataSync()], [2, 3]);
});

Deno.test("useTensorFlow() changes nothing when it is called again", async () => {
  const [first, backend] = [await useTensorFlow({ threads: 1 }), tf.backend()];
  tf.setBackend("tensorflow");
  assertEquals(await useTensorFlow({ threads: 1 }), first);
  assert(tf.backend() === backend);
});

Deno.test("useTensorFlow() refuses other options once it runs", async () => {
  await useTensorFlow({ threads: 1 });
  await assertRejects(() => useTensorFlow({ threads: 2 }), UserError, '{"threads":2}');
});

Deno.test("useTensorFlow() brings back a backend that was removed", async () => {
  const x = tf.tidy(() => tf.add(tf.zeros([2]), 1));
  tf.removeBackend("tensorflow");
  await useTensorFlow({ threads: 1 });
  assertEquals(tf.getBackend(), "tensorflow");
  assertEquals([...tf.tidy(() => tf.add(x, 1)).dataSync()], [2, 2]);
  x.dispose();
});
