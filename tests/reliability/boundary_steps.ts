/**
 * Steps through the boundary to C, each of which frees what it makes: training, ten calls at a time,
 * faults that the engine must answer with an error, and disposals in the middle of calls.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { assert, assertRejects, assertThrows } from "@std/assert";
import { jit, type Jitted } from "../../lib/jit/jit.ts";
import { TensorFlowError } from "../../lib/tensorflow/library.ts";
import { useTensorFlow } from "../../lib/backend/use_tensorflow.ts";
import type { Random } from "../../lib/random.ts";

type Tensors = [tf.Tensor4D, tf.Tensor1D, tf.Tensor2D];

await useTensorFlow({ gpu: false });
const images = held([2, 4, 4, 2]) as tf.Tensor4D;
const labels = tf.tidy(() => tf.add(tf.tensor1d([0, 1], "int32"), tf.scalar(0, "int32")));
const wrongLabels = tf.tidy(() => tf.add(tf.tensor1d([0, 7], "int32"), tf.scalar(0, "int32")));

/** Ones that TensorFlow holds. */
function held(shape: number[]): tf.Tensor {
  return tf.tidy(() => tf.add(tf.zeros(shape), 1));
}

function loss([filter, scale, weights]: Tensors, labels: tf.Tensor): tf.Scalar {
  const x = tf.conv2d(images, filter, 1, "same");
  const [y] = tf.engine().runKernel(
    "FusedBatchNormV3",
    { x, scale, offset: scale },
    { epsilon: 1e-5 },
  ) as unknown as tf.Tensor4D[];
  const pooled = tf.maxPool(tf.relu(y!), 2, 2, "same");
  const logits = tf.matMul(tf.reshape(pooled, [2, -1]) as tf.Tensor2D, weights);
  const losses = tf.engine().runKernel("SparseSoftmaxCrossEntropyWithLogits", { logits, labels });
  return tf.mean(losses as tf.Tensor);
}

function update(params: Tensors, labels: tf.Tensor): Tensors {
  const gradients = tf.grads((...params) => loss(params as Tensors, labels))(params);
  return params.map((param, i) => tf.sub(param, tf.mul(gradients[i]!, 0.01))) as Tensors;
}

/** A small network, its parameters, and the compiled step that trains it. */
export class Trainer {
  #params = [held([3, 3, 2, 4]), held([4]), held([16, 3])] as Tensors;
  #step = jit(update);
  #loss = jit(loss);

  /** One step. */
  async train(): Promise<void> {
    const params = await this.#step(this.#params, labels);
    tf.dispose(this.#params);
    this.#params = params;
  }

  /** Ten calls at a time of three functions, some of which fail, and one of which is disposed of. */
  async concurrently(random: Random): Promise<void> {
    const other: Jitted<[tf.Tensor2D], tf.Tensor> = jit((x: tf.Tensor2D) => tf.matMul(x, x));
    const square = tf.ones<tf.Rank.R2>([8, 8]);
    const calls = Array.from({ length: 10 }, (): Promise<tf.Tensor | Tensors> => {
      const kind = random.integer(4);
      if (kind === 0) return other(square);
      if (kind === 1) other.dispose();
      return kind === 2
        ? this.#step(this.#params, labels)
        : this.#loss(this.#params, random.integer(2) === 0 ? wrongLabels : labels);
    });
    square.dispose();
    for (const result of await Promise.allSettled(calls)) {
      if (result.status === "fulfilled") tf.dispose(result.value);
      else assert(result.reason instanceof TensorFlowError, String(result.reason));
    }
    other.dispose();
  }

  /** Frees the compiled functions; the next call compiles anew. */
  dispose(): void {
    this.#step.dispose();
    this.#loss.dispose();
  }
}

/** `f`, jitted, must be rejected. */
async function rejects(f: (x: tf.Tensor) => unknown): Promise<void> {
  const jitted = jit(f);
  await assertRejects(async () => await jitted(images), Error);
  jitted.dispose();
}

/**
 * What must be answered with an error, by a name. More than the machine's memory is not among it:
 * TensorFlow waits ten seconds for some to be freed.
 */
export const faults: Record<string, () => void | Promise<void>> = {
  "a disposed tensor": () => {
    const x = held([2]);
    x.dispose();
    assertThrows(() => tf.add(x, 1), Error);
  },
  "a disposed argument": async () => {
    const x = held([2]);
    x.dispose();
    const jitted = jit((x: tf.Tensor) => tf.add(x, 1));
    await assertRejects(() => jitted(x), TypeError);
  },
  "a disposed capture": () => {
    const x = held([2]);
    x.dispose();
    return rejects((y) => tf.add(x, y));
  },
  "shapes that do not fit": () => {
    tf.tidy(() => {
      assertThrows(() => tf.matMul(tf.ones([2, 3]), tf.ones([2, 3])), Error);
    });
  },
  "2^38 elements": () => void assertThrows(() => tf.fill([2 ** 38], 1), RangeError),
  "2^80 elements, of which there are none": () =>
    tf.tidy(() => {
      const none = tf.tensor([], [2 ** 40, 2 ** 40, 0]);
      assertThrows(() => tf.add(none, 1), RangeError);
    }),
  "300 dimensions": () =>
    tf.tidy(() => {
      const x = tf.tensor([1], Array<number>(300).fill(1));
      assertThrows(() => tf.relu(x), RangeError);
    }),
  "a traced tensor's values": () => rejects((x) => x.dataSync()),
  "a traced tensor that is kept": () => {
    const kept: tf.Tensor[] = [];
    return rejects((x) => {
      kept.push(tf.keep(tf.add(x, 1)));
      return x;
    }).then(() => tf.dispose(kept));
  },
  "an exception in a trace": () =>
    rejects((x) => {
      tf.add(x, 1);
      throw new Error("mine");
    }),
  "an exception in a nested gradient": () =>
    rejects((x) =>
      tf.grad((x) =>
        tf.grad((x) => {
          tf.add(x, 1);
          throw new Error("mine");
        })(x)
      )(x)
    ),
  "an asynchronous function": () => rejects((x) => Promise.resolve(x)),
  "a jitted function in another": () => rejects((x) => jit((x: tf.Tensor) => tf.add(x, 1))(x)),
  "a value that holds itself": async () => {
    const ring: Record<string, unknown> = {};
    ring.ring = ring;
    await assertRejects(() => jit((_: unknown) => images)(ring), TypeError);
  },
  "labels out of range": async () => {
    const jitted = jit(loss); // its gradient alone does not look at them
    const params = [held([3, 3, 2, 4]), held([4]), held([16, 3])] as Tensors;
    await assertRejects(() => jitted(params, wrongLabels), TensorFlowError);
    tf.dispose(params);
    jitted.dispose();
  },
};

/** What is disposed of in the middle. */
export const disposals: Record<string, () => Promise<void>> = {
  "of a function that runs": async () => {
    const weights = held([16, 16]) as tf.Tensor2D;
    const jitted = jit((x: tf.Tensor2D) => tf.matMul(x, weights));
    const x = held([16, 16]) as tf.Tensor2D;
    const call = jitted(x);
    tf.dispose([x, weights]);
    jitted.dispose();
    jitted.dispose();
    (await call).dispose();
  },
  "of a function that runs again": async () => {
    const jitted = jit((x: tf.Tensor) => tf.add(x, 1));
    for (let i = 0; i < 2; i++) {
      (await jitted(images)).dispose();
      jitted.dispose();
    }
  },
  "of a function that fails": async () => {
    const jitted = jit((x: tf.Tensor) => tf.gather(tf.reshape(x, [-1]), [9999]));
    await assertRejects(async () => await jitted(images), Error);
    jitted.dispose();
  },
};
