/**
 * Several processes that train together, beside one that trains alone.
 *
 * @module
 */
import "@tensorflow/tfjs";
import * as tf from "@tensorflow/tfjs-core";
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { useTensorFlow } from "../../../lib/backend/use_tensorflow.ts";
import { allReduce } from "../../../lib/train/workers.ts";
import { long } from "../../long.ts";
import { freeAddresses, runProgram } from "../../processes.ts";

const program = new URL("workers_program.ts", import.meta.url);

interface Trained {
  losses: number[];
  corrects: number[];
  values: Record<string, number[]>;
}

async function run(...args: string[]): Promise<Trained> {
  const { code, out, err } = await runProgram(program, args);
  assertEquals(code, 0, err);
  return JSON.parse(out);
}

/** Trains with a worker for each part of the batch. */
async function trainTogether(network: string, parts: readonly number[]): Promise<Trained[]> {
  const hosts = freeAddresses(parts.length);
  const ranks = parts.map((_, rank) => String(rank));
  return await Promise.all(ranks.map((rank) => run(network, rank, parts.join(","), ...hosts)));
}

const differences = (a: readonly number[], b: readonly number[]) =>
  Math.max(...a.map((value, i) => Math.abs(value - b[i]!)));

const cases = [
  ["plain", [5, 3], Deno.test],
  ["plain", [5, 2, 1], long.test],
  ["plain", [1, 0], Deno.test],
  ["synchronised", [5, 3], long.test],
] as const;

for (const [network, parts, test] of cases) {
  test(`trainStep() with ${network} workers of ${parts} images is that of all their images at once`, async () => {
    const together = await trainTogether(network, parts);
    for (const other of together) assertEquals(other, together[0]);
    const [first] = together as [Trained];
    const alone = await run(network, "0", parts.join(","));
    assertEquals(first.corrects, alone.corrects);
    assert(differences(first.losses, alone.losses) < 5e-6);
    for (const [key, values] of Object.entries(alone.values)) {
      assert(differences(first.values[key]!, values) < 5e-6, key);
    }
  });
}

long.test("trainStep() with workers leaves all with the same running statistics", async () => {
  const [first, second] = await trainTogether("wide resnet", [5, 3]);
  assert(Object.keys(first!.values).some((key) => key.endsWith(".running_var")));
  assertEquals(first, second);
});

long.test("overWorkers() keeps each tensor's place where they are reduced in several pieces", async () => {
  const buckets = new URL("buckets_program.ts", import.meta.url);
  const hosts = freeAddresses(2);
  const both = await Promise.all(["0", "1"].map((rank) => runProgram(buckets, [rank, ...hosts])));
  // The second has twice as many examples, and values that are 10 more.
  const near = (i: number) => Math.fround(i + 20 / 3);
  const sizes = [3, 2 ** 20 + 5, 7, 2 ** 20 - 1, 1, 2 ** 20];
  for (const { code, out, err } of both) {
    assertEquals(code, 0, err);
    const { means, ...rest } = JSON.parse(out);
    assertEquals(rest, { examples: 3, sizes: [...sizes, 2], sum: [7, 7, 8] });
    const expected = sizes.map((
      size,
      i,
    ) => [size > 1 ? near(i) : near(i + 0.5), near(i), near(i + 0.5)]);
    expected[4]![1] = near(4.5);
    const found = means.slice(0, -1).flat() as number[];
    assert(differences(found, expected.flat()) < 1e-5, JSON.stringify(means));
    assert(differences(means.at(-1), [1 / 3, 1 / 3, 2 / 3]) < 1e-6);
  }
});

Deno.test("allReduce() says what it lacks", async () => {
  const before = tf.getBackend();
  try {
    await tf.setBackend("cpu");
    assertThrows(() => allReduce(tf.ones([2])), Error, "on the backend cpu: call useTensorFlow()");
    await useTensorFlow();
    assertThrows(() => allReduce(tf.ones([2])), Error, "call useTensorFlow() with a cluster first");
  } finally {
    if (before) await tf.setBackend(before);
  }
});

Deno.test("useTensorFlow() refuses a cluster that cannot be", async () => {
  const hosts = ["127.0.0.1:4000", "127.0.0.1:4001"];
  const wrong: [hosts: string[], rank: number, timeout: number, message: string][] = [
    [[], 0, 1, "The hosts of a cluster must be addresses"],
    [["127.0.0.1:70000"], 0, 1, "The hosts of a cluster must be addresses"],
    [["localhost"], 0, 1, 'such as 127.0.0.1:4000: current value is "localhost"'],
    [hosts, 2, 1, "The rank must be a whole number from 0 to 1: current value is 2"],
    [hosts, 0.5, 1, "current value is 0.5"],
    [hosts, 0, 0, "The timeout must be above 0: current value is 0"],
  ];
  for (const [hosts, rank, timeout, message] of wrong) {
    const cluster = { hosts, rank, timeout };
    await assertRejects(() => useTensorFlow({ cluster }), RangeError, message);
  }
});
