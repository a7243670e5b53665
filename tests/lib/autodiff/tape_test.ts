/**
 * The tape: what it records, in which order, and what is left of gradients and ops that fail.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { useTensorFlow } from "../../../lib/backend/use_tensorflow.ts";
import { assertFreesAll, held } from "../jit/counts.ts";

/** sin(x^2), which saves x^2. Made before the library is used, as a module does that is imported. */
const sineOfSquare = tf.customGrad((x: unknown, save: unknown) => {
  const square = tf.square(x as tf.Tensor);
  (save as tf.GradSaveFunc)([x as tf.Tensor, square]);
  return {
    value: tf.sin(square),
    gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
      const [x, square] = saved as [tf.Tensor, tf.Tensor];
      return tf.mul(dy, tf.mul(tf.cos(square), tf.mul(x, 2)));
    },
  };
});

await useTensorFlow({ gpu: false });
const x = held([2, 3], 1);

/** The second derivative of a function of one number. */
function second(f: (x: tf.Scalar) => tf.Tensor, at: number): number {
  const first = tf.grad((x: tf.Tensor) => f(x as tf.Scalar));
  return tf.tidy(() => tf.grad((x: tf.Tensor) => first(x))(tf.scalar(at)).dataSync()[0] as number);
}

Deno.test("tf.grad() sees what a custom gradient saves of its result", async () => {
  const exp = tf.customGrad((x: unknown, save: unknown) => {
    const value = tf.exp(x as tf.Tensor);
    (save as tf.GradSaveFunc)([value]);
    return { value, gradFunc: (dy: tf.Tensor, [y]: tf.Tensor[]) => tf.mul(dy, y as tf.Tensor) };
  });
  await assertFreesAll(() => assertAlmostEquals(second((x) => exp(x), 0.7), Math.exp(0.7), 1e-5));
});

Deno.test("tf.grad() sees what a custom gradient saves on the way to its result", async () => {
  const right = 2 * Math.cos(0.49) - 4 * 0.49 * Math.sin(0.49);
  await assertFreesAll(() => assertAlmostEquals(second((x) => sineOfSquare(x), 0.7), right, 1e-5));
});

Deno.test("tf.grad() takes the gradient of a custom gradient once, whatever the tape recorded in it", () => {
  // A gradient of its own, which is not the function's: 5.
  const five = tf.customGrad((x: unknown) => ({
    value: tf.mul(tf.square(x as tf.Tensor), 3),
    gradFunc: (dy: tf.Tensor) => tf.mul(dy, tf.mul(x as tf.Tensor, 5)),
  }));
  assertAlmostEquals(
    tf.grad((x: tf.Tensor) => five(x))(tf.scalar(2)).dataSync()[0] as number,
    10,
    1e-6,
  );
  assertAlmostEquals(second((x) => five(x), 2), 5, 1e-6);
});

Deno.test("tf.grad() goes three times through what saves its result", () => {
  const third = (x: number) => {
    const once = tf.grad((x: tf.Tensor) => tf.tanh(x));
    const twice = tf.grad((x: tf.Tensor) => once(x));
    return tf.grad((x: tf.Tensor) => twice(x))(tf.scalar(x)).dataSync()[0] as number;
  };
  const t = Math.tanh(0.4);
  assertAlmostEquals(third(0.4), (1 - t * t) * (6 * t * t - 2), 1e-4);
});

Deno.test("tf.grad() is stopped by whole numbers and truth values, and asks for no gradient of them", () => {
  const stepped = tf.grad((x: tf.Tensor) => {
    const whole = tf.cast(tf.cast(x, "int32"), "float32");
    const positive = tf.cast(tf.logicalAnd(tf.greater(x, 0), tf.less(x, 9)), "float32");
    return tf.sum(tf.mul(x, tf.add(whole, positive)));
  });
  assertEquals([...stepped(tf.tensor1d([1.5, 2.5, -0.5])).dataSync()], [2, 3, 0]);
});

Deno.test("tf.grad() names an op without a gradient, and says what to do", async () => {
  const image = tf.reshape(x, [1, 2, 3, 1]) as tf.Tensor4D;
  await assertFreesAll(() => {
    assertThrows(
      () => tf.grad((x) => tf.sum(tf.image.flipLeftRight(x as tf.Tensor4D)))(image),
      TypeError,
      "Cannot take the gradient of FlipLeftRight",
    );
  });
  image.dispose();
});

Deno.test("tf.grad() takes a batch norm without scale and offset", async () => {
  const image = tf.reshape(x, [1, 1, 2, 3]) as tf.Tensor4D;
  const vector = held([3], 1) as tf.Tensor1D;
  await assertFreesAll(() =>
    tf.tidy(() => {
      const norm = (x: tf.Tensor) =>
        tf.sum(tf.batchNorm(x, vector, vector, undefined, undefined, 0));
      const expected = tf.rsqrt(vector).dataSync();
      assertAlmostEquals(tf.grad(norm)(image).dataSync()[1] as number, expected[1] as number, 1e-5);
    })
  );
  tf.dispose([image, vector]);
});

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

Deno.test("tf.grad() does not see what its caller does to lists afterwards", async () => {
  const x = tf.tidy(() => tf.mul([1, 2, 3, 4], 1)); // see held()
  const slices = (x: tf.Tensor) => {
    const begin = [0];
    const parts = [1, 2].map((factor) => {
      const part = tf.mul(tf.slice(x, begin, [2]), factor);
      begin[0] = 2;
      return part;
    });
    return tf.sum(tf.addN(parts));
  };
  const pads = (x: tf.Tensor) => {
    const paddings: [number, number][] = [[1, 0]];
    const first = tf.mul(tf.pad(x, paddings), [9, 1, 2, 3, 4]);
    paddings[0]!.reverse();
    return tf.sum(tf.add(first, tf.pad(x, paddings)));
  };
  const reversed = (x: tf.Tensor) => {
    const [a, b] = tf.unstack(tf.reshape(x, [2, 2])).reverse() as [tf.Tensor, tf.Tensor];
    return tf.sum(tf.add(a, tf.mul(b, 5)));
  };
  const popped = (x: tf.Tensor) => tf.sum(tf.mul(tf.split(x, 2).pop() as tf.Tensor, 3));
  const cases = [[slices, [1, 1, 2, 2]], [pads, [2, 3, 4, 5]], [reversed, [5, 5, 1, 1]], [
    popped,
    [0, 0, 3, 3],
  ]] as const;
  await assertFreesAll(() => {
    for (const [f, expected] of cases) {
      tf.tidy(() => assertEquals([...tf.grad(f)(x).dataSync()], [...expected]));
    }
  });
  x.dispose();
});

Deno.test("tf.losses.softmaxCrossEntropy has the gradients of any labels, the second too", async () => {
  const labels = tf.tidy(() => tf.mul([[0.5, 1, 0.2], [0, 0.3, 0]], 1)); // see held()
  const logits = tf.tidy(() => tf.mul([[2, 1, 0.5], [-1, 0, 3]], 1));
  const theirs = (labels: tf.Tensor, logits: tf.Tensor) =>
    tf.losses.softmaxCrossEntropy(labels, logits);
  const plain = (labels: tf.Tensor, logits: tf.Tensor) =>
    tf.neg(tf.div(tf.sum(tf.mul(labels, tf.logSoftmax(logits))), 2));
  const second = (f: typeof theirs) =>
    tf.grads((labels, logits) => {
      const [a, b] = tf.grads(f)([labels as tf.Tensor, logits as tf.Tensor]);
      return tf.add(tf.sum(tf.square(a as tf.Tensor)), tf.sum(tf.square(b as tf.Tensor)));
    })([labels, logits]);
  await assertFreesAll(() =>
    tf.tidy(() => {
      const of = (f: typeof theirs) =>
        [...tf.grads(f)([labels, logits]), ...second(f)].flatMap((g) => [...g.dataSync()]);
      const expected = of(plain);
      of(theirs).forEach((value, i) => assertAlmostEquals(value, expected[i] as number, 1e-5));
    })
  );
  tf.dispose([labels, logits]);
});
