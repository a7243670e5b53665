/**
 * The training loop: what it counts, in which order it works, and where it stops.
 *
 * @module
 */
import "@tensorflow/tfjs";
import * as tf from "@tensorflow/tfjs-core";
import { assert, assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import type { Batch } from "../../../lib/data/batches.ts";
import { UserError } from "../../../lib/errors.ts";
import { type EpochEvent, trainEpochs, type TrainOptions } from "../../../lib/train/loop.ts";
import { startPosition } from "../../../lib/train/position.ts";
import { accuracy, meanLoss, meanTerms } from "../../../lib/train/meter.ts";
import { batchesOf, collect, counting, epochsOf, standing } from "./counting.ts";

tf.setBackend("cpu");

Deno.test("trainEpochs() tells every step and epoch with its position", async () => {
  const events = await collect(counting());
  assertEquals(events.map(({ type, position }) => [type, ...standing(position)]), [
    ["step", 0, 1, 1],
    ["step", 0, 2, 2],
    ["step", 0, 3, 3],
    ["epoch", 1, 0, 3],
    ["step", 1, 1, 4],
    ["step", 1, 2, 5],
    ["step", 1, 3, 6],
    ["epoch", 2, 0, 6],
  ]);
  const [, last] = epochsOf(events);
  assertEquals(last!.state.params["count"]!.dataSync()[0], 6);
  assert(last!.trainTime >= 0 && last!.testTime >= 0);
});

Deno.test("trainEpochs() keeps the last smaller batch, and weighs means by examples", async () => {
  const [first, second] = epochsOf(await collect(counting()));
  assertEquals(first!.train.examples, 9);
  assertEquals(meanTerms(first!.train), { label: 5, rate: 10 });
  assertEquals(meanLoss(first!.train), 10);
  assertAlmostEquals(accuracy(first!.train), 100 * 6 / 9, 1e-9);
  assertEquals(meanTerms(second!.train), { label: 5, rate: 5 });
  assertEquals(first!.test.examples, 3);
  assertEquals(meanLoss(first!.test), 2);
  assertAlmostEquals(accuracy(first!.test), 100 * 2 / 3, 1e-4);
});

Deno.test("trainEpochs() stops after maxSteps of the run, evaluates and says how far it came", async () => {
  const events = await collect(counting({ maxSteps: 4 }));
  const [first, cut] = epochsOf(events);
  assertEquals(standing(first!.position), [1, 0, 3]);
  assertEquals(standing(cut!.position), [1, 1, 4]);
  assertEquals(cut!.train, cut!.position.meter);
  assertEquals(cut!.train.examples, 4);
  assertEquals(cut!.test.examples, 3);
});

Deno.test("trainEpochs() that maxSteps stops at the end of an epoch has done that epoch", async () => {
  const events = epochsOf(await collect(counting({ maxSteps: 3 })));
  assertEquals(events.map(({ position }) => standing(position)), [[1, 0, 3]]);
  assertEquals(events[0]!.position.meter.examples, 0);
});

Deno.test("trainEpochs() goes on within an epoch, and its means are those of the whole epoch", async () => {
  const [, cut] = epochsOf(await collect(counting({ maxSteps: 5 })));
  const asked: [number, number][] = [];
  const rest = counting({
    state: cut!.state,
    position: JSON.parse(JSON.stringify(cut!.position)),
    trainBatches: (epoch, first) => {
      asked.push([epoch, first]);
      return batchesOf([1, 2, 3, 4], [5, 6, 7, 8], [9]).slice(first);
    },
  });
  const events = await collect(rest);
  assertEquals(asked, [[1, 2]]);
  assertEquals(events.map(({ position }) => standing(position)), [[1, 3, 6], [2, 0, 6]]);
  const [last] = epochsOf(events);
  assertEquals(meanTerms(last!.train), { label: 5, rate: 5 });
  assertEquals(last!.state.params["count"]!.dataSync()[0], 6);
});

Deno.test("trainEpochs() does nothing where nothing is left to do", async () => {
  assertEquals(await collect(counting({ epochs: 0 })), []);
  assertEquals(await collect(counting({ maxSteps: 0 })), []);
  const position = { ...startPosition(), epoch: 1, batch: 1, steps: 4 };
  assertEquals(await collect(counting({ position, maxSteps: 4 })), []);
});

Deno.test("trainEpochs() evaluates after an epoch without batches too", async () => {
  const events = await collect(counting({ trainBatches: () => [], epochs: 1 }));
  assertEquals(events.map(({ type, position }) => [type, ...standing(position)]), [
    ["epoch", 1, 0, 0],
  ]);
});

Deno.test("trainEpochs() makes the next batch while a step runs", async () => {
  const order: string[] = [];
  const { step, evaluate } = counting();
  const pause = () => new Promise((resolve) => setTimeout(resolve, 5));
  function* tellingBatches(name: string): Generator<Batch> {
    for (const [i, batch] of batchesOf([1], [2], [3]).entries()) {
      order.push(`${name} ${i}`);
      yield batch;
    }
  }
  await collect(counting({
    epochs: 1,
    trainBatches: () => tellingBatches("batch"),
    testBatches: () => tellingBatches("test"),
    step: async (...args) => {
      order.push("step starts");
      await pause();
      order.push("step ends");
      return await step(...args);
    },
    evaluate: async (...args) => {
      order.push("evaluation starts");
      await pause();
      order.push("evaluation ends");
      return await evaluate(...args);
    },
  }));
  assertEquals(order, [
    "batch 0",
    ...["step starts", "batch 1", "step ends"],
    ...["step starts", "batch 2", "step ends"],
    ...["step starts", "step ends"],
    "test 0",
    ...["evaluation starts", "test 1", "evaluation ends"],
    ...["evaluation starts", "test 2", "evaluation ends"],
    ...["evaluation starts", "evaluation ends"],
  ]);
});

Deno.test("trainEpochs() tells of a step while the next one runs", async () => {
  const order: string[] = [];
  const { step } = counting();
  const options = counting({
    epochs: 1,
    step: async (state, batch, scalars) => {
      order.push(`${batch.labels.size} images start`);
      const result = await step(state, batch, scalars);
      await new Promise((resolve) => setTimeout(resolve, 5));
      order.push(`${batch.labels.size} images end`);
      return result;
    },
    trainBatches: () => batchesOf([1, 1], [1], [1, 1, 1]),
  });
  for await (const { type, position } of trainEpochs(options)) {
    order.push(`${type} ${position.steps}`);
  }
  assertEquals(order, [
    ...["2 images start", "2 images end"],
    ...["1 images start", "step 1", "1 images end"],
    ...["3 images start", "step 2", "3 images end"],
    ...["step 3", "epoch 3"],
  ]);
});

Deno.test("trainEpochs() gives the schedule the place of each step", async () => {
  const places: unknown[] = [];
  await collect(counting({
    schedule: (place) => {
      places.push(place);
      return { learningRate: 1 };
    },
    maxSteps: 4,
  }));
  assertEquals(places, [
    { epoch: 0, batch: 0, steps: 0 },
    { epoch: 0, batch: 1, steps: 1 },
    { epoch: 0, batch: 2, steps: 2 },
    { epoch: 1, batch: 0, steps: 3 },
  ]);
});

/** The tensors that a run leaves behind, those of its first state not counted. */
async function leftBehind(run: (options: TrainOptions) => unknown, options: Partial<TrainOptions>) {
  const before = tf.memory().numTensors;
  await run(counting(options));
  return tf.memory().numTensors - before;
}

/** Steps that take a while, and throw from a step of the run on. */
function slowSteps(failing = Infinity): TrainOptions["step"] {
  const { state, step } = counting();
  tf.dispose(state.params);
  let started = 0;
  return async (...args) => {
    const fails = ++started >= failing;
    await new Promise((resolve) => setTimeout(resolve, 2));
    if (fails) throw new Error("no step");
    return await step(...args);
  };
}

Deno.test("trainEpochs() leaves nothing running and no tensor behind where a consumer leaves it", async () => {
  const until = (type: string, steps: number) => async (options: TrainOptions) => {
    for await (const event of trainEpochs(options)) {
      if (event.type === type && event.position.steps === steps) break;
    }
  };
  for (const steps of [1, 2, 3, 4]) {
    assertEquals(await leftBehind(until("step", steps), { step: slowSteps() }), 0);
  }
  // The state of the epoch that was told belongs to the consumer.
  assertEquals(await leftBehind(until("epoch", 3), { step: slowSteps() }), 1);
});

Deno.test("trainEpochs() leaves no tensor behind where a loss is not finite, or something throws", async () => {
  const fails = (options: TrainOptions) => assertRejects(() => collect(options));
  assertEquals(await leftBehind(fails, { step: slowSteps(2) }), 0);
  const { step } = counting();
  const infinite: TrainOptions["step"] = async (...args) => {
    const result = await step(...args);
    return { ...result, terms: { ...result.terms, term: tf.scalar(Infinity) } };
  };
  const before = tf.memory().numTensors;
  await fails(counting({ step: infinite }));
  assertEquals(tf.memory().numTensors, before);
  const broken = function* (): Generator<Batch> {
    yield* batchesOf([1], [2]);
    throw new Error("no batch");
  };
  const breaks = { step: slowSteps(), trainBatches: () => broken() };
  assertEquals(await leftBehind(fails, breaks), 0);
  assertEquals(await leftBehind(fails, { step: slowSteps(), testBatches: () => broken() }), 0);
});

Deno.test("trainEpochs() leaves the state that the caller has as it is where the next step fails", async () => {
  let last: EpochEvent | undefined;
  await assertRejects(
    async () => {
      for await (const event of trainEpochs(counting({ step: slowSteps(4) }))) {
        if (event.type === "epoch") last = event;
      }
    },
    Error,
    "no step",
  );
  assertEquals(last!.state.params["count"]!.dataSync()[0], 3);
});

for (const value of [NaN, Infinity, -Infinity]) {
  Deno.test(`trainEpochs() stops at a term that is ${value}, naming it and the step`, async () => {
    const { step } = counting();
    const options = counting({
      step: async (state, batch, scalars) => {
        const result = await step(state, batch, scalars);
        const count = state.params["count"]!.dataSync()[0]!;
        return {
          ...result,
          terms: { ...result.terms, attention: tf.scalar(count < 4 ? 1 : value) },
        };
      },
    });
    const error = await assertRejects(() => collect(options), UserError);
    assertEquals(error.message.split("\n").length, 1);
    assert(error.message.includes(`attention is ${value} at step 5 (epoch 2)`), error.message);
  });
}

Deno.test("trainEpochs() passes on what a step or a batch throws", async () => {
  const step = () => Promise.reject(new Error("no step"));
  await assertRejects(() => collect(counting({ step })), Error, "no step");
  const broken = function* (): Generator<Batch> {
    yield* batchesOf([1]);
    throw new Error("no batch");
  };
  await assertRejects(() => collect(counting({ trainBatches: broken })), Error, "no batch");
});
