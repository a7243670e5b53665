/**
 * The random numbers: what they are exactly, and how they are spread.
 *
 * @module
 */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { type Random, randomStream } from "../../lib/random.ts";

function draw(count: number, next: () => number): Float64Array {
  return Float64Array.from({ length: count }, next);
}

function mean(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function covariance(a: Float64Array, b: Float64Array): number {
  const [meanA, meanB] = [mean(a), mean(b)];
  return mean(a.map((value, i) => (value - meanA) * (b[i]! - meanB)));
}

/** Pearson's statistic against equal frequencies, over its degrees of freedom; about 1 if fair. */
function unevenness(counts: number[]): number {
  const expected = counts.reduce((sum, count) => sum + count, 0) / counts.length;
  const statistic = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
  return statistic / (counts.length - 1);
}

// From the definitions of splitmix64 and xoroshiro128+ in Python:
//
//   M, G = 2**64 - 1, 0x9E3779B97F4A7C15
//   def mix(v):
//       z = (v + G) & M
//       z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & M
//       z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & M
//       return z ^ (z >> 31)
//   def rotl(x, k): return ((x << k) | (x >> (64 - k))) & M
//   def numbers(seed, *path):
//       h = mix(seed)
//       for part in path: h = mix(h ^ part)
//       s0, s1 = mix(h), mix((h + G) & M)
//       for _ in range(3):
//           yield ((s0 + s1) & 0xFFFFFFFF ^ 0x80000000) / 2**32
//           s1 ^= s0
//           s0, s1 = rotl(s0, 24) ^ s1 ^ ((s1 << 16) & M), rotl(s1, 37)
const golden: [path: [number, ...number[]], numbers: number[]][] = [
  [[0], [0.7552918076980859, 0.9701841629575938, 0.7753614902030677]],
  [[1, 2, 3], [0.9457559511065483, 0.2989003648981452, 0.2738314566668123]],
  [[2 ** 32 - 1, 2 ** 53 - 1], [0.29236029158346355, 0.35600522765889764, 0.4193115911912173]],
];

Deno.test("randomStream() gives the numbers of its definition", () => {
  for (const [path, numbers] of golden) {
    const { uniform } = randomStream(...path);
    assertEquals([uniform(), uniform(), uniform()], numbers);
  }
});

Deno.test("randomStream() gives each path a stream of its own", () => {
  const paths: [number, ...number[]][] = [[1], [2], [1, 0], [1, 2], [2, 1], [1, 0, 0], [1, 2, 3]];
  const size = 20_000;
  const streams = paths.map((path) => draw(size, randomStream(...path).uniform));
  for (const [i, a] of streams.entries()) {
    assertEquals(draw(size, randomStream(...paths[i]!).uniform), a);
    for (const b of streams.slice(i + 1)) {
      const correlation = 12 * covariance(a, b);
      assert(Math.abs(correlation) < 5 / Math.sqrt(size), `correlation ${correlation}`);
    }
  }
});

Deno.test("randomStream() is fair across neighbouring paths", () => {
  const firstNumbers = Array.from({ length: 20_000 }, (_, i) => randomStream(7, i).integer(100));
  const counts = new Array<number>(100).fill(0);
  for (const number of firstNumbers) counts[number]!++;
  assert(Math.abs(unevenness(counts) - 1) < 0.6, `${unevenness(counts)}`);
});

Deno.test("randomStream() refuses seeds and paths out of range", () => {
  for (const seed of [-1, 0.5, 2 ** 32, NaN, Infinity]) {
    assertThrows(() => randomStream(seed), RangeError, `current value is ${seed}`);
  }
  for (const part of [-1, 0.5, 2 ** 53, NaN]) {
    assertThrows(() => randomStream(0, part), RangeError, `current value is ${part}`);
  }
});

Deno.test("uniform() is uniform on [0, 1)", () => {
  const values = draw(100_000, randomStream(3).uniform);
  assert(values.every((value) => value >= 0 && value < 1));
  assert(Math.abs(mean(values) - 1 / 2) < 0.005);
  assert(Math.abs(covariance(values, values) - 1 / 12) < 0.002);
  assert(Math.abs(covariance(values.subarray(1), values.subarray(0, -1))) < 0.002);
});

Deno.test("integer() gives every number below its bound equally often", () => {
  const random = randomStream(4);
  for (const bound of [2, 9, 10, 64]) {
    const counts = new Array<number>(bound).fill(0);
    for (let i = 0; i < 50_000; i++) counts[random.integer(bound)]!++;
    assertEquals(counts.length, bound);
    assert(unevenness(counts) < 4, `${bound}: ${counts}`);
  }
  assertEquals(random.integer(1), 0);
});

Deno.test("integer() is without bias for large bounds", () => {
  // A plain remainder of 32 bits would give the lower half of this range two times in three.
  const bound = 3 * 2 ** 30;
  const { integer } = randomStream(5);
  const values = draw(20_000, () => integer(bound) / bound);
  assert(Math.abs(mean(values) - 1 / 2) < 0.01, `${mean(values)}`);
  assert(draw(1_000, () => integer(2 ** 32)).some((value) => value >= 2 ** 31));
});

Deno.test("integer() refuses bounds out of range", () => {
  const { integer } = randomStream(0);
  for (const bound of [0, -1, 1.5, 2 ** 32 + 1, NaN]) {
    assertThrows(() => integer(bound), RangeError, `current value is ${bound}`);
  }
});

Deno.test("normal() has the moments and the tails of the normal distribution", () => {
  const values = draw(200_000, randomStream(6).normal);
  const moment = (power: number) => mean(values.map((value) => value ** power));
  assert(Math.abs(moment(1)) < 0.01, `${moment(1)}`);
  assert(Math.abs(moment(2) - 1) < 0.02, `${moment(2)}`);
  assert(Math.abs(moment(3)) < 0.05, `${moment(3)}`);
  assert(Math.abs(moment(4) - 3) < 0.1, `${moment(4)}`);
  const beyondTwo = mean(values.map((value) => Number(Math.abs(value) > 2)));
  assert(Math.abs(beyondTwo - 0.0455) < 0.002, `${beyondTwo}`);
  const neighbours = covariance(values.subarray(1), values.subarray(0, -1));
  assert(Math.abs(neighbours) < 0.01, `${neighbours}`);
});

Deno.test("permutation() gives every number once and every order equally often", () => {
  const random = randomStream(8);
  assertEquals(
    random.permutation(10_000).toSorted(),
    Uint32Array.from({ length: 10_000 }, indexOf),
  );
  const counts = new Map<string, number>();
  for (let i = 0; i < 24_000; i++) {
    const order = random.permutation(4).join("");
    counts.set(order, (counts.get(order) ?? 0) + 1);
  }
  assertEquals(counts.size, 24);
  assert(unevenness([...counts.values()]) < 2.5);
});

Deno.test("permutation() of nothing is empty, and of an impossible size throws", () => {
  const { permutation }: Random = randomStream(9);
  assertEquals(permutation(0).length, 0);
  assertEquals([...permutation(1)], [0]);
  assertThrows(() => permutation(-1), RangeError);
  assertThrows(() => permutation(1.5), RangeError);
});

function indexOf(_: unknown, index: number): number {
  return index;
}
