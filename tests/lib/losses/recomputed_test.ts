/** Parts of a loss that are computed again for their gradient. @module */
import * as tf from "@tensorflow/tfjs-core";
import { assertEquals } from "@std/assert";
import { after, recomputed, withoutGradient } from "../../../lib/losses/recomputed.ts";
import { backends } from "../../backends.ts";
import { assertClose } from "../../parity.ts";
import { assertSame } from "../../same.ts";

const f = (x: tf.Tensor, y: tf.Tensor) => tf.sum(tf.mul(tf.square(tf.sin(x)), tf.exp(y)));

/** Value, both gradients, and a second derivative, with other ops before and after. */
function derivatives(part: typeof f, x: tf.Tensor, y: tf.Tensor) {
  const whole = (x: tf.Tensor, y: tf.Tensor) => tf.square(part(tf.mul(x, 2), y)) as tf.Scalar;
  const { value, grads } = tf.valueAndGrads((x, y) => whole(x!, y!))([x, y]);
  const ofGradient = tf.grad((x: tf.Tensor) =>
    tf.sum(tf.square(tf.grad((x: tf.Tensor) => whole(x, y))(x)))
  )(x);
  return { value, x: grads[0]!, y: grads[1]!, second: ofGradient };
}

for (const { name, use } of backends) {
  Deno.test(`recomputed() has the values and derivatives of its function (${name})`, async () => {
    const run = use((x: tf.Tensor, y: tf.Tensor) => ({
      plain: derivatives(f, x, y),
      again: derivatives((x, y) => recomputed((a, b) => f(a!, b!), [x, y]), x, y),
    }));
    const { plain, again } = await run(tf.tensor1d([0.1, 0.7, -1.3]), tf.tensor1d([0.5, -0.2, 1]));
    for (const [key, expected] of Object.entries(plain)) {
      assertClose(again[key as keyof typeof again], expected, { rtol: 1e-4, atol: 1e-5 }, key);
    }
  });

  Deno.test(`after() gives the same values, and the signal no gradient (${name})`, async () => {
    const x = tf.tensor2d([[1, NaN], [-0, Infinity]]);
    const run = use((x: tf.Tensor, signal: tf.Tensor) => {
      const grads = tf.grads((x, signal) => tf.sum(tf.mul(after(x!, signal!), 3)))([x, signal]);
      return { same: after(x, signal), x: grads[0]!, signal: grads[1]! };
    });
    const { same, ...gradients } = await run(x, tf.scalar(NaN));
    assertSame({ same }, { same: x });
    assertSame(gradients, { x: tf.fill([2, 2], 3), signal: tf.scalar(0) });
  });

  Deno.test(`withoutGradient() is the value, and a constant to who differentiates (${name})`, async () => {
    const run = use((x: tf.Tensor) => tf.grad((x) => tf.sum(tf.mul(x, withoutGradient(x))))(x));
    assertEquals([...(await run(tf.tensor1d([2, 3]))).dataSync()], [2, 3]);
  });
}

Deno.test("recomputed() leaves no tensor behind", () => {
  tf.setBackend("tensorflow");
  const [x, y] = [tf.tensor1d([0.1, 0.7]), tf.tensor1d([1, 2])];
  const before = tf.memory().numTensors;
  const { value, grads } = tf.valueAndGrads((...xs) =>
    recomputed((a, b) => f(a!, b!), xs) as tf.Scalar
  )([
    x,
    y,
  ]);
  tf.dispose([value, ...grads]);
  assertEquals(tf.memory().numTensors, before);
});
