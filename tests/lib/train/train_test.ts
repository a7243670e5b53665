/**
 * The loop for users: what it tells, what it frees, and who owns what.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { assert, assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import { trainBatches } from "../../../lib/data/batches.ts";
import { UserError } from "../../../lib/errors.ts";
import { dispose, nextState } from "../../../lib/train/dispose.ts";
import { train } from "../../../lib/train/train.ts";
import type { AnyBatch } from "../../../lib/train/loss.ts";
import type { TrainState } from "../../../lib/train/train_state.ts";
import { backends } from "../../backends.ts";
import { long } from "../../long.ts";
import { ownBatch, ownStep } from "./own.ts";

const plain = backends.find(({ tfjs }) => tfjs === "cpu")!;

function* batches(count: number): Generator<AnyBatch> {
  for (let i = 0; i < count; i++) yield ownBatch();
}

/** Op by op on TensorFlow, a hundred times as many steps take half a minute. */
const lengths = backends.flatMap(({ name, use }) =>
  name.includes("op by op") ? [{ name, use, count: 5 }] : [
    { name, use, count: 5 },
    { name, use, count: 200 },
  ]
);

for (const { name, use, count } of lengths) {
  const register = count > 5 ? long.test : Deno.test;
  register(
    `train() holds no more tensors after ${count} steps than after one (${name})`,
    async () => {
      const { step, start, close } = ownStep(use);
      const counts: number[] = [];
      let last: TrainState | undefined;
      const loop = train({ step, state: start, batches: batches(count), learningRate: 0.05 });
      for await (const { steps, state, terms, loss } of loop) {
        counts.push(tf.memory().numTensors);
        assertAlmostEquals(loss, terms.ce + 100 * terms.at, 1e-4 * loss);
        assertEquals(steps, counts.length);
        last = state;
      }
      assertEquals(counts.length, count);
      assert(new Set(counts.slice(0, -1)).size === 1, String(counts)); // the last has no next batch
      dispose(last);
      close();
    },
  );

  register(
    `nextState() keeps a loop of one's own from growing, ${count} steps (${name})`,
    async () => {
      const before = tf.memory().numTensors;
      const { step, start, close } = ownStep(use);
      const scalars = { rate: tf.scalar(0.05) };
      const counts: number[] = [];
      let state = start;
      for (let i = 0; i < count; i++) {
        const batch = ownBatch();
        const result = await step(state, batch, scalars);
        assert(Number.isFinite(result.terms.at.dataSync()[0]));
        state = nextState(state, result, batch);
        counts.push(tf.memory().numTensors);
      }
      assertEquals(new Set(counts).size, 1, String(counts));
      dispose(state, scalars);
      close();
      assertEquals(tf.memory().numTensors, before);
    },
  );
}

for (const { name, use } of backends) {
  Deno.test(`train() that is left gives all back but the state told last (${name})`, async () => {
    const before = tf.memory().numTensors;
    const { step, start, close } = ownStep(use);
    for await (
      const { steps, state } of train({
        step,
        state: start,
        batches: batches(9),
        learningRate: 0.1,
      })
    ) {
      if (steps < 3) continue;
      assert(!state.params["c0"]!.isDisposed);
      dispose(state);
      break;
    }
    assert(!start.params["c0"]!.isDisposed);
    close();
    assertEquals(tf.memory().numTensors, before);
  });
}

Deno.test("train() takes batches of arrays, rates by step and asynchronous sources", async () => {
  const { step, start } = ownStep(plain.use);
  const set = {
    ...{ images: new Uint8Array(6 * 8 * 8 * 3), labels: Int32Array.of(0, 1, 2, 3, 0, 1), size: 6 },
    ...{ height: 8, width: 8, channels: 3, classes: ["a", "b", "c", "d"] },
  };
  const arrays = [...trainBatches(set, {
    ...{ batchSize: 3, seed: 0, epoch: 0, pad: 0, padMode: "reflect" },
    normalization: { mean: [0, 0, 0], std: [1, 1, 1] },
  })];
  async function* source() {
    for (const batch of arrays) yield await Promise.resolve(batch);
  }
  const rates: number[] = [];
  const learningRate = (steps: number) => {
    rates.push(steps);
    return 0.1 / (steps + 1);
  };
  const told = await Array.fromAsync(
    train({ step, state: start, batches: source(), learningRate }),
    ({ steps, accuracy }) => [steps, accuracy >= 0 && accuracy <= 1],
  );
  assertEquals(told, [[1, true], [2, true]]);
  assertEquals(rates, [0, 1]);
});

Deno.test("train() frees all tensors of a batch, the second labels of mixed images too", async () => {
  const { step, start, close } = ownStep(plain.use);
  const counts: number[] = [];
  function* mixed(): Generator<AnyBatch> {
    for (let i = 0; i < 4; i++) {
      const labels = tf.tensor1d([1, 2], "int32");
      yield { ...ownBatch(), mixed: { labels, share: tf.scalar(0.75) } };
    }
  }
  for await (
    const { steps, state } of train({ step, state: start, batches: mixed(), learningRate: 0.1 })
  ) {
    if (steps < 4) counts.push(tf.memory().numTensors);
    else dispose(state);
  }
  assertEquals(counts, Array(3).fill(counts[0]));
  close();
});

Deno.test("train() names what is not finite, and gives all back but the state told last", async () => {
  const { step, start } = ownStep(plain.use);
  const before = tf.memory().numTensors;
  function* spoiled(): Generator<AnyBatch> {
    yield ownBatch();
    const { images, ...batch } = ownBatch();
    images.dispose();
    yield { ...batch, images: tf.fill([2, 8, 8, 3], NaN) };
    yield ownBatch();
  }
  let last: TrainState | undefined;
  await assertRejects(
    async () => {
      const loop = train({ step, state: start, batches: spoiled(), learningRate: 0.1 });
      for await (const { state } of loop) last = state;
    },
    UserError,
    "Cannot go on training: ce is NaN at step 2",
  );
  assert(Number.isFinite(last!.params["c0"]!.dataSync()[0]));
  dispose(last);
  assertEquals(tf.memory().numTensors, before);
});

Deno.test("train() refuses a batch of another rank, and a step that is none", async () => {
  const { step, start } = ownStep(plain.use);
  const before = tf.memory().numTensors;
  const wrong = [{ images: tf.zeros([2, 3]), labels: tf.tensor1d([0, 1], "int32") }];
  const rate = { learningRate: 0.1 };
  const first = (options: Parameters<typeof train>[0]) => train(options).next();
  await assertRejects(
    () => first({ step, state: start, batches: wrong, ...rate }),
    TypeError,
    "Cannot use images [2,3]: they must be [N, H, W, C]",
  );
  assertEquals(tf.memory().numTensors, before);
  const none = { step: 1 } as unknown as { step: typeof step };
  await assertRejects(() => first({ ...none, state: start, batches: [], ...rate }), TypeError);
});
