/**
 * The training loop where it pauses, is asked to end, and skips steps.
 *
 * @module
 */
import "@tensorflow/tfjs";
import * as tf from "@tensorflow/tfjs-core";
import { assert, assertEquals, assertRejects } from "@std/assert";
import { UserError } from "../../../lib/errors.ts";
import {
  type EpochEvent,
  isDone,
  trainEpochs,
  type TrainEvent,
  type TrainOptions,
} from "../../../lib/train/loop.ts";
import { batchesOf, collect, counting, standing } from "./counting.ts";

tf.setBackend("cpu");

/** The steps that a state has seen. */
function countOf({ state }: Extract<TrainEvent, { type: "pause" | "epoch" }>): number {
  return state.params["count"]!.dataSync()[0]!;
}

Deno.test("trainEpochs() pauses between two steps, with the state and the position of that moment", async () => {
  const seen: unknown[] = [];
  const options = counting({ pauseAfter: ({ steps }) => steps % 2 === 0 });
  for await (const event of trainEpochs(options)) {
    const state = event.type === "step" ? undefined : countOf(event);
    seen.push([event.type, ...standing(event.position), state]);
  }
  assertEquals(seen, [
    ["step", 0, 1, 1, undefined],
    ["step", 0, 2, 2, undefined],
    ["pause", 0, 2, 2, 2],
    ["step", 0, 3, 3, undefined],
    ["epoch", 1, 0, 3, 3],
    ["step", 1, 1, 4, undefined],
    ["pause", 1, 1, 4, 4],
    ["step", 1, 2, 5, undefined],
    ["step", 1, 3, 6, undefined],
    ["pause", 1, 3, 6, 6],
    ["epoch", 2, 0, 6, 6],
  ]);
});

Deno.test("trainEpochs() starts no step while it pauses, and makes no batch twice", async () => {
  let running = 0;
  let made = 0;
  const { step } = counting();
  const options = counting({
    epochs: 1,
    step: async (...args) => {
      running++;
      await new Promise((resolve) => setTimeout(resolve, 2));
      running--;
      return await step(...args);
    },
    trainBatches: function* () {
      for (const batch of batchesOf([1], [2], [3])) {
        made++;
        yield batch;
      }
    },
    pauseAfter: () => true,
  });
  for await (const { type } of trainEpochs(options)) {
    if (type !== "pause") continue;
    assertEquals(running, 0);
    await new Promise((resolve) => setTimeout(resolve, 4));
    assertEquals(running, 0);
  }
  assertEquals(made, 3);
});

/** A run that goes on from the pause after so many steps. */
async function restAfter(steps: number): Promise<TrainEvent[]> {
  for await (const event of trainEpochs(counting({ pauseAfter: (done) => done.steps === steps }))) {
    if (event.type !== "pause") continue;
    const { state, position } = event;
    return await collect(counting({ state, position: JSON.parse(JSON.stringify(position)) }));
  }
  throw new Error("it made no pause");
}

Deno.test("trainEpochs() goes on from any pause as if there had been none", async () => {
  const metrics = (events: TrainEvent[]) =>
    events.flatMap((event) => event.type === "epoch" ? [{ ...event.train, ...event.test }] : []);
  const whole = metrics(await collect(counting()));
  for (const steps of [1, 2, 3, 4, 5, 6]) {
    const rest = await restAfter(steps);
    assertEquals(metrics(rest), whole.slice(steps > 3 ? 1 : 0), `after ${steps} steps`);
    assertEquals(countOf(rest.at(-1) as EpochEvent), 6);
  }
});

Deno.test("trainEpochs() ends after the step that runs when its signal is aborted", async () => {
  const controller = new AbortController();
  const events: TrainEvent[] = [];
  for await (const event of trainEpochs(counting({ signal: controller.signal }))) {
    events.push(event);
    if (event.type === "step" && event.position.steps === 1) controller.abort();
  }
  // The second step ran already.
  assertEquals(events.map(({ type, position }) => [type, ...standing(position)]), [
    ["step", 0, 1, 1],
    ["step", 0, 2, 2],
    ["pause", 0, 2, 2],
  ]);
  assertEquals(countOf(events.at(-1) as Extract<TrainEvent, { type: "pause" }>), 2);
});

Deno.test("trainEpochs() that is aborted in an evaluation can be resumed before it", async () => {
  const controller = new AbortController();
  const { evaluate } = counting();
  const options = counting({
    signal: controller.signal,
    evaluate: (...args) => {
      controller.abort();
      return evaluate(...args);
    },
  });
  const events = await collect(options);
  const last = events.at(-1) as Extract<TrainEvent, { type: "pause" }>;
  assertEquals([last.type, ...standing(last.position)], ["pause", 0, 3, 3]);
  const { state, position } = last;
  const [epoch] = await collect(counting({ state, position }));
  assertEquals([epoch!.type, ...standing(epoch!.position)], ["epoch", 1, 0, 3]);
});

Deno.test("trainEpochs() that is aborted in its last evaluation is not done, and resumed does that alone", async () => {
  const ends = [[3, 1, 0], [4, 1, 1]] as const; // the end of an epoch, and the middle of one
  for (const [maxSteps, epoch, batch] of ends) {
    const controller = new AbortController();
    const { evaluate } = counting();
    let evaluations = 0;
    const options = counting({
      maxSteps,
      signal: controller.signal,
      evaluate: (...args) => {
        if (++evaluations > (maxSteps > 3 ? 2 : 0)) controller.abort();
        return evaluate(...args);
      },
    });
    const last = (await collect(options)).at(-1) as Extract<TrainEvent, { type: "pause" }>;
    assertEquals([last.type, last.position.steps], ["pause", maxSteps]);
    const { state, position } = last;
    assert(!isDone(position, options));

    const events = await collect(counting({ maxSteps, state, position }));
    assertEquals(events.map(({ type, position }) => [type, ...standing(position)]), [
      ["epoch", epoch, batch, maxSteps],
    ]);
    const [event] = events as EpochEvent[];
    assertEquals([event!.train, event!.test.examples], [position.meter, 3]);
    assert(isDone(event!.position, options));
    assertEquals(await collect(counting({ ...event!, maxSteps })), []);
  }
});

Deno.test("trainEpochs() that is aborted between two epochs, or before it starts, does nothing more", async () => {
  const controller = new AbortController();
  const events: string[] = [];
  for await (const { type } of trainEpochs(counting({ signal: controller.signal }))) {
    events.push(type);
    if (type === "epoch") controller.abort();
  }
  assertEquals(events, ["step", "step", "step", "epoch"]);
  assertEquals(await collect(counting({ signal: AbortSignal.abort() })), []);
});

Deno.test("trainEpochs() passes on what fails in an evaluation though its signal is aborted", async () => {
  const controller = new AbortController();
  const options = counting({
    signal: controller.signal,
    evaluate: () => {
      controller.abort();
      return Promise.reject(new Error("no evaluation"));
    },
  });
  await assertRejects(() => collect(options), Error, "no evaluation");
});

Deno.test("trainEpochs() leaves no tensor behind where a consumer leaves it at a pause", async () => {
  const before = tf.memory().numTensors;
  const options = counting({ pauseAfter: ({ steps }) => steps === 2 });
  for await (const event of trainEpochs(options)) {
    if (event.type === "pause") break;
  }
  // The state that was told belongs to the consumer.
  assertEquals(tf.memory().numTensors - before, 1);
});

/** Steps of three layers: where and what is not finite, and whether that was skipped. */
function steps(
  gradientSums: (step: number) => number[],
  skips = false,
): Partial<TrainOptions> {
  const { step } = counting();
  const params = { a: tf.scalar(1), b: tf.scalar(1), c: tf.scalar(1), d: tf.scalar(1) };
  let done = 0;
  return {
    state: { params: { count: tf.scalar(0), ...params }, buffers: {} },
    step: async (state, batch, scalars) => {
      const result = await step(state, batch, scalars);
      const sums = gradientSums(++done);
      const skipped = skips && !sums.every(Number.isFinite);
      if (skipped) result.loss = tf.scalar(NaN);
      return {
        ...result,
        state: { ...state, params: { ...result.state.params } },
        gradientSums: tf.tensor1d(sums),
        ...(skips && { skipped: tf.scalar(skipped ? 1 : 0) }),
      };
    },
  };
}

Deno.test("trainEpochs() stops at a gradient that is not finite, naming the step and the parameters", async () => {
  const cases: [number[], string][] = [
    [[0, NaN, 0, 0, 0], "the gradient of a is not finite at step 5 (epoch 2)"],
    [[0, Infinity, 0, NaN, 0], "the gradients of a, c are not finite at step 5 (epoch 2)"],
    [[0, NaN, NaN, NaN, NaN], "the gradients of a, b, c and 1 more are not finite at step 5"],
    [[NaN, NaN, NaN, NaN, NaN], "the gradients of all 5 parameters are not finite at step 5"],
  ];
  for (const [sums, message] of cases) {
    const options = counting(steps((step) => step === 5 ? sums : [1, 2, 3, 4, 5]));
    const error = await assertRejects(() => collect(options), UserError, message);
    assertEquals(error.message.split("\n").length, 1);
  }
});

Deno.test("trainEpochs() counts the steps that were skipped, and nothing else of them", async () => {
  const bad = (step: number) => step === 2 ? [NaN, 0, 0, 0, 0] : [0, 0, 0, 0, 0];
  const events = await collect(counting({ ...steps(bad, true), epochs: 1 }));
  const told = events.flatMap((event) => event.type === "step" ? [event.skipped] : []);
  assertEquals(told, [false, true, false]);
  const { train: meter } = events.at(-1) as EpochEvent;
  assertEquals([meter.skipped, meter.examples, meter.loss], [1, 5, 4 * 5 + 18]);
});

Deno.test("trainEpochs() stops where all steps of an epoch, or a hundred in a row, were skipped", async () => {
  const all = () => [NaN, 0, 0, 0, 0];
  await assertRejects(
    () => collect(counting(steps(all, true))),
    UserError,
    "all 3 steps of epoch 1 were skipped",
  );
  const many = Array.from({ length: 300 }, () => [1]);
  const later = (step: number) => step > 50 ? all() : [0, 0, 0, 0, 0];
  const error = await assertRejects(
    () => collect(counting({ ...steps(later, true), trainBatches: () => batchesOf(...many) })),
    UserError,
    "at step 150 (epoch 1)",
  );
  assert(error.message.includes("as in the 99 steps before"), error.message);
});
