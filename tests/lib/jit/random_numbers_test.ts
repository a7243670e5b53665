/**
 * Random numbers in compiled functions are new at every call, or are refused.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { assert, assertEquals, assertNotEquals, assertRejects } from "@std/assert";
import { jit } from "../../../lib/jit/jit.ts";
import { useTensorFlow } from "../../../lib/backend/use_tensorflow.ts";

await useTensorFlow({ gpu: false });

const x = tf.ones([4, 8]);
const logits: tf.Tensor2D = tf.zeros([1, 1000]);
const { random } = Math;
const own = randomOfOwn();

/** A generator as a program may have one of its own. */
function randomOfOwn(): () => number {
  let state = 1;
  return () => (state = state * 48271 % 2147483647) / 2147483647;
}

async function read(result: Promise<tf.Tensor>): Promise<number[]> {
  const tensor = await result;
  try {
    return [...tensor.dataSync()];
  } finally {
    tensor.dispose();
  }
}

const draws: Record<string, (x: tf.Tensor) => tf.Tensor> = {
  "tf.dropout": (x) => tf.dropout(x, 0.5),
  "tf.randomNormal": (x) => tf.mul(x, tf.randomNormal([8])),
  "tf.randomNormal with seed 0, which is none": () => tf.randomNormal([8], 0, 1, "float32", 0),
  "tf.randomUniform": () => tf.randomUniform([8]),
  "tf.randomUniformInt": () => tf.randomUniformInt([8], 0, 9),
  "tf.randomStandardNormal": () => tf.randomStandardNormal([8]),
  "tf.randomGamma": () => tf.randomGamma([8], 2),
  "tf.truncatedNormal": () => tf.truncatedNormal([8]),
  "tf.rand": () => tf.rand([8], own),
  "tf.util.shuffle": (x) => {
    const order = [0, 1, 2, 3];
    tf.util.shuffle(order);
    return tf.gather(x, tf.tensor1d(order, "int32"));
  },
  "a layer's dropout": (x) =>
    tf.layers.dropout({ rate: 0.5 }).apply(x, { training: true }) as tf.Tensor,
  "a layer's noise": (x) =>
    tf.layers.gaussianNoise({ stddev: 1 }).apply(x, { training: true }) as tf.Tensor,
  "Math.random": (x) => tf.mul(x, Math.random()),
  "crypto.getRandomValues": (x) => tf.mul(x, crypto.getRandomValues(new Uint8Array(1))[0]!),
  "crypto.randomUUID": (x) => tf.mul(x, parseInt(crypto.randomUUID().slice(0, 4), 16)),
  "a gradient's dropout": (x) => tf.grad((x) => tf.sum(tf.dropout(x, 0.5)))(x),
};

for (const [name, draw] of Object.entries(draws)) {
  Deno.test(`jit() refuses random numbers that would be the same at every call: ${name}`, async () => {
    const before = tf.memory().numTensors;
    const f = jit(draw);
    await assertRejects(
      async () => await f(x),
      Error,
      "Cannot draw random numbers while jit traces",
    );
    assertEquals(f.traceCount, 0);
    assertEquals(tf.memory().numTensors, before);
    // What was replaced while tracing is there again.
    assertEquals(Math.random, random);
    assert(!Object.hasOwn(crypto, "getRandomValues") && !Object.hasOwn(crypto, "randomUUID"));
    tf.dispose(draw(x));
  });
}

const seeded: Record<string, (x: tf.Tensor) => tf.Tensor> = {
  "tf.dropout": (x) => tf.dropout(x, 0.5, undefined, 3),
  "tf.randomNormal": () => tf.randomNormal([8], 0, 1, "float32", 3),
  "tf.randomUniform": () => tf.randomUniform([8], 0, 1, "float32", 0),
  "tf.randomUniformInt": () => tf.randomUniformInt([8], 0, 9, 3),
  "tf.randomGamma": () => tf.randomGamma([8], 2, 1, "float32", 3),
  "tf.truncatedNormal": () => tf.truncatedNormal([8], 0, 1, "float32", 3),
};

for (const [name, draw] of Object.entries(seeded)) {
  Deno.test(`jit() gives with a seed what every other call gives: ${name}`, async () => {
    const f = jit(draw);
    const expected = [...draw(x).dataSync()];
    for (let i = 0; i < 2; i++) assertEquals(await read(f(x)), expected);
    f.dispose();
  });
}

for (const seed of [undefined, 1]) {
  Deno.test(`tf.multinomial samples anew at every call of a compiled function, seed ${seed}`, async () => {
    const samplers = {
      argument: jit((logits: tf.Tensor2D) => tf.multinomial(logits, 20, seed)),
      captured: jit((_: tf.Tensor) => tf.multinomial(logits, 20, seed)),
      computed: jit((_: tf.Tensor) => tf.multinomial(tf.mul(logits, 2) as tf.Tensor2D, 20, seed)),
      constant: jit((_: tf.Tensor) => tf.multinomial(tf.zeros([1, 1000]) as tf.Tensor2D, 20, seed)),
    };
    const sequences: number[][][] = [];
    for (const sample of Object.values(samplers)) {
      const sequence = [await read(sample(logits)), await read(sample(logits))];
      assertNotEquals(sequence[0], sequence[1]);
      sequences.push(sequence);
      sample.dispose();
    }
    const [first, ...others] = sequences;
    for (const other of others) {
      if (seed === undefined) assertNotEquals(other, first);
      else assertEquals(other, first);
    }
  });
}

Deno.test("jit() hoists nothing that is computed of a sample", async () => {
  const f = jit((_: tf.Tensor) => tf.sum(tf.cast(tf.multinomial(logits, 20), "float32")));
  const sums = [];
  for (let i = 0; i < 5; i++) sums.push((await read(f(x)))[0]);
  assert(new Set(sums).size > 1, String(sums));
});

Deno.test("tf.multinomial samples without a seed, and with any whole one", () => {
  const draw = (seed?: number) => [...tf.multinomial(logits, 20, seed).dataSync()];
  assertNotEquals(draw(), draw());
  for (const seed of [0, 1, -1, 2 ** 31, 1e15, Number.MAX_SAFE_INTEGER]) {
    const samples = draw(seed);
    assertEquals(samples.length, 20);
    assert(samples.every((sample) => Number.isInteger(sample) && sample >= 0 && sample < 1000));
  }
});

Deno.test("tf.multinomial refuses a seed that is no whole number", async () => {
  for (const seed of [1.5, -0.5, Infinity, 2 ** 60, "7" as unknown as number]) {
    await assertRejects(
      // deno-lint-ignore require-await -- what it throws is to be a rejection
      async () => tf.multinomial(logits, 3, seed),
      RangeError,
      `seed is ${seed}`,
    );
  }
});
