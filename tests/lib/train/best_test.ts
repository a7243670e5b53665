/**
 * The best evaluation of a run, averaged weights in the loop, and early stops.
 *
 * @module
 */
import "@tensorflow/tfjs";
import * as tf from "@tensorflow/tfjs-core";
import { assert, assertEquals } from "@std/assert";
import { bestOf, isBest, isPossibleBest, stopsEarly } from "../../../lib/train/best.ts";
import type { Best } from "../../../lib/train/position.ts";
import { isDone, type TrainOptions } from "../../../lib/train/loop.ts";
import { emptyMeter } from "../../../lib/train/meter.ts";
import { collect, counting, epochsOf } from "./counting.ts";

tf.setBackend("cpu");

const meter = (correct: number) => ({ ...emptyMeter(), examples: 10, correct });

Deno.test("bestOf() keeps the first of the best", () => {
  const first = bestOf(undefined, meter(5), { epoch: 1, steps: 3 });
  assertEquals(first, { accuracy: 50, epoch: 1, steps: 3 });
  for (const correct of [4, 5]) {
    assertEquals(bestOf(first, meter(correct), { epoch: 2, steps: 6 }), first);
  }
  const next = bestOf(first, meter(6), { epoch: 2, steps: 6 });
  assertEquals(next, { accuracy: 60, epoch: 2, steps: 6 });
  assert(isBest({ best: next, steps: 6 }) && !isBest({ best: first, steps: 6 }));
  assert(!isBest({ steps: 6 }));
});

Deno.test("stopsEarly() counts epochs since the best one", () => {
  const best = { accuracy: 50, epoch: 3, steps: 9 };
  assertEquals([3, 4, 5, 6].map((epoch) => stopsEarly({ best, epoch }, 2)), [
    ...[false, false, true, true],
  ]);
  assert(!stopsEarly({ best, epoch: 99 }, undefined));
  assert(!stopsEarly({ epoch: 99 }, 1));
});

Deno.test("isPossibleBest() refuses what no run has", () => {
  const [best, place] = [{ accuracy: 50, epoch: 2, steps: 6 }, { epoch: 3, steps: 9 }];
  assert(isPossibleBest(best, place));
  const wrong = [
    ...[{ accuracy: -1 }, { accuracy: 101 }, { accuracy: "50" }, { accuracy: null }],
    ...[{ epoch: 4 }, { epoch: -1 }, { epoch: 0.5 }, { steps: 10 }, { steps: null }],
  ];
  for (const change of wrong) {
    assert(!isPossibleBest({ ...best, ...change }, place), JSON.stringify(change));
  }
  assert(!isPossibleBest(null, place) && !isPossibleBest("best", place));
});

/** A run whose weights are right for `correct[i]` of 3 images after epoch i, its averages for one. */
function run(correct: number[], options: Partial<TrainOptions> = {}): TrainOptions {
  const { step, state } = counting();
  const isAverage = (params: object) => "average" in params;
  let evaluated = 0;
  return counting({
    state: { ...state, average: { average: tf.scalar(0) } },
    step: async (...args) => {
      const result = await step(...args);
      return { ...result, state: { ...result.state, average: { average: tf.scalar(1) } } };
    },
    evaluate: (params) => {
      const right = isAverage(params) ? 1 : correct[evaluated++] ?? 0;
      return Promise.resolve({
        loss: tf.scalar(0),
        correct: tf.scalar(right),
        correct5: tf.scalar(2),
      });
    },
    testBatches: () => counting().testBatches(),
    epochs: correct.length,
    ...options,
  });
}

Deno.test("trainEpochs() evaluates averaged weights too, and the best is then theirs", async () => {
  const epochs = epochsOf(await collect(run([1, 1, 0, 0], { epochs: 2, keepsBest: true })));
  assertEquals(epochs.map(({ testAverage }) => testAverage?.correct), [2, 2]);
  assertEquals(epochs.map(({ test }) => test.correct), [2, 0]); // two batches, each evaluated
  const best: Best = { accuracy: 200 / 3, epoch: 1, steps: 3 };
  assertEquals(epochs.map(({ position }) => position.best), [best, best]);
  // The last state is the caller's; the one before was freed, averages too.
  assertEquals(epochs.map(({ state }) => state.average!["average"]!.isDisposed), [true, false]);
});

/** A run whose weights are right for `ofEpoch[i]` of 3 images after epoch i. */
function evaluated(ofEpoch: number[], options: Partial<TrainOptions>): TrainOptions {
  let done = 0;
  return counting({
    ...options,
    evaluate: () => {
      const correct = tf.scalar(ofEpoch[Math.floor(done++ / 2)]! / 2);
      return Promise.resolve({ loss: tf.scalar(0), correct, correct5: tf.scalar(2) });
    },
  });
}

Deno.test("trainEpochs() stops early, and a run that goes on from its position as well", async () => {
  const options = { earlyStop: 2, keepsBest: true, epochs: 9 };
  const plain = evaluated([0, 2, 1, 2, 3, 3], options);
  const epochs = epochsOf(await collect(plain));
  assertEquals(epochs.map(({ position }) => position.best?.epoch), [1, 2, 2, 2]);
  const { position } = epochs.at(-1)!;
  assert(isDone(position, options) && !isDone(position, { ...options, earlyStop: 3 }));
  assertEquals(await collect({ ...plain, position, state: epochs.at(-1)!.state }), []);
});

Deno.test("trainEpochs() takes no part of an epoch for the best", async () => {
  const options = { earlyStop: 2, keepsBest: true, epochs: 5 };
  const [whole, ...rest] = epochsOf(await collect(evaluated([1, 3], { ...options, maxSteps: 4 })));
  assertEquals([whole?.position.steps, rest.length], [3, 1]);
  const { position, test } = rest[0]!;
  assertEquals([position.steps, position.batch], [4, 1]);
  assert(test.correct > whole!.test.correct);
  assertEquals(position.best, whole!.position.best);
});

Deno.test("trainEpochs() keeps no best unless asked", async () => {
  const epochs = epochsOf(await collect(counting()));
  assert(epochs.every(({ position }) => !("best" in position)));
});
