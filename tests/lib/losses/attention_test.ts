/**
 * Attention maps and the loss between them: against PyTorch, and where numbers turn into NaN.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import {
  attentionMap,
  type AttentionMapOptions,
  attentionTransferLoss,
  type AttentionTransferOptions,
  spatialMap,
} from "../../../lib/losses/attention.ts";
import { backends } from "../../backends.ts";
import { assertParity, type Fixture, readFixture, toTensor, toTensors } from "../../parity.ts";
import { tolerances } from "./loss_parity.ts";

const fixture = await readFixture("losses");
const weighted = await readFixture("gradient_methods");
const mapCases: Record<string, AttentionMapOptions> =
  JSON.parse(fixture.metadata["cases"] ?? "{}").attentionMap;

function casesOf(
  { metadata }: Fixture,
): Record<string, AttentionTransferOptions & { pairs: number }> {
  return JSON.parse(metadata["cases"] ?? "{}").attentionTransferLoss;
}

const forms = ["mean-square", "paper"] as const;

/** The loss of lists of activations, and its gradients by all of them. */
function lossAndGradients(
  student: tf.Tensor4D[],
  teacher: tf.Tensor4D[],
  options: AttentionTransferOptions = {},
) {
  const { value, grads } = tf.valueAndGrads((...all: tf.Tensor[]) => {
    const [students, teachers] = [all.slice(0, student.length), all.slice(student.length)];
    return attentionTransferLoss(students as tf.Tensor4D[], teachers as tf.Tensor4D[], options);
  })([...student, ...teacher]);
  return {
    value: value as tf.Scalar,
    student: grads.slice(0, student.length),
    teacher: grads.slice(student.length),
  };
}

function activation(shape: [number, number, number, number], seed: number): tf.Tensor4D {
  return tf.randomNormal(shape, 0, 1, "float32", seed);
}

function largest(tensor: tf.Tensor): number {
  return Math.max(...tensor.dataSync().map(Math.abs));
}

for (const { name, use } of backends) {
  Deno.test(`attentionMap() is PyTorch's, with its gradient (${name})`, async () => {
    const mapAndGradient = use(
      (x: tf.Tensor4D, weighting: tf.Tensor, options: AttentionMapOptions) => ({
        value: attentionMap(x, options),
        gradients: {
          x: tf.grad((x) => tf.sum(tf.mul(attentionMap(x as tf.Tensor4D, options), weighting)))(x),
        },
      }),
    );
    assertEquals(Object.keys(mapCases).length, 12);
    for (const [label, options] of Object.entries(mapCases)) {
      const actual = await mapAndGradient(
        toTensor(fixture.get("attentionMap/x")),
        toTensor(fixture.get("attentionMap/weighting")),
        options,
      );
      const { value, gradient } = fixture.under(`attentionMap/${label}`);
      assertParity(actual, { value: value!, gradients: { x: gradient! } }, tolerances, label);
    }
  });

  Deno.test(`attentionTransferLoss() is PyTorch's, with its gradients (${name})`, async () => {
    const run = use(lossAndGradients);
    const all = [fixture, weighted].flatMap((fixture) =>
      Object.entries(casesOf(fixture)).map(([label, options]) => ({ fixture, label, ...options }))
    );
    assertEquals(all.length, 19);
    for (const { fixture, label, pairs, ...options } of all) {
      const key = `attentionTransferLoss/${label}`;
      const inputs = (role: string) =>
        Object.values(toTensors(fixture.under(`${key}/${role}`))) as tf.Tensor4D[];
      const { value, student, teacher } = await run(inputs("student"), inputs("teacher"), options);
      assertEquals(student.length, pairs);
      assertParity(
        { value, gradients: { ...named("student", student), ...named("teacher", teacher) } },
        { value: fixture.get(`${key}/value`), gradients: fixture.under(`${key}/gradients`) },
        tolerances,
        label,
      );
    }
  });

  Deno.test(`attentionTransferLoss() is finite and 0 at zero and equal maps (${name})`, async () => {
    const run = use(lossAndGradients);
    const zero = tf.zeros<tf.Rank.R4>([2, 3, 3, 4]);
    const one = activation([2, 3, 3, 4], 1);
    for (const form of forms) {
      for (const p of [1, 1.5, 2]) {
        for (const [student, teacher] of [[zero, zero], [one, one]] as const) {
          const { value, ...gradients } = await run([student], [teacher], { form, p });
          for (const tensor of [value, ...gradients.student, ...gradients.teacher]) {
            assert(largest(tensor) < 1e-9, `form ${form}, p ${p}: ${tensor}`);
          }
        }
        const { student: [gradient] } = await run([zero], [one], { form, p });
        assertEquals(largest(gradient!), 0, `a zero map has gradient 0 (form ${form}, p ${p})`);
      }
    }
  });

  Deno.test(`attentionTransferLoss() of maps of one position is 0 (${name})`, async () => {
    const run = use(lossAndGradients);
    for (const form of forms) {
      const { value, student, teacher } = await run(
        [activation([3, 1, 1, 4], 2)],
        [activation([3, 1, 1, 7], 3)],
        { form },
      );
      for (const tensor of [value, ...student, ...teacher]) {
        assert(largest(tensor) < 1e-6, `form ${form}: ${tensor}`);
      }
    }
  });
}

function named(role: string, tensors: tf.Tensor[]): Record<string, tf.Tensor> {
  return Object.fromEntries(tensors.map((tensor, i) => [`${role}/${i}`, tensor]));
}

Deno.test("attentionMap() has rows of unit norm, and keeps a zero map", () => {
  tf.setBackend("tensorflow");
  const x = tf.concat([activation([2, 4, 3, 5], 4), tf.zeros([1, 4, 3, 5])]) as tf.Tensor4D;
  const map = attentionMap(x);
  assertEquals(map.shape, [3, 12]);
  const [first, second, third] = tf.norm(map, 2, 1).dataSync();
  assertAlmostEquals(first!, 1, 1e-6);
  assertAlmostEquals(second!, 1, 1e-6);
  assertEquals(third, 0);
});

Deno.test("attentionTransferLoss() takes one pair alone or in an array, and sums pairs", () => {
  tf.setBackend("tensorflow");
  const [s, t] = [activation([2, 4, 4, 3], 5), activation([2, 4, 4, 6], 6)];
  const read = (loss: tf.Scalar) => loss.dataSync()[0]!;
  const alone = read(attentionTransferLoss(s, t));
  assert(alone > 0);
  assertEquals(read(attentionTransferLoss([s], [t])), alone);
  assertAlmostEquals(read(attentionTransferLoss([s, s], [t, t])), 2 * alone, 1e-6);
});

Deno.test("attentionTransferLoss() takes the teacher's map in place of its activation", () => {
  const student = tf.randomNormal<tf.Rank.R4>([2, 4, 4, 3], 0, 1, "float32", 1);
  const teacher = tf.randomNormal<tf.Rank.R4>([2, 6, 6, 5], 0, 1, "float32", 2);
  const options = { p: 1, reduce: "max" } as const;
  const expected = attentionTransferLoss(student, teacher, options).dataSync()[0]!;
  const map = spatialMap(teacher, options);
  const normalized = tf.reshape<tf.Rank.R3>(attentionMap(teacher, options), [2, 6, 6]);
  assertEquals(attentionTransferLoss(student, map, options).dataSync()[0], expected);
  const value = attentionTransferLoss([student], [normalized], options).dataSync()[0]!;
  assertAlmostEquals(value / expected, 1, 1e-5);
});

Deno.test("attention losses leave no tensor behind", () => {
  tf.setBackend("tensorflow");
  const [s, t] = [activation([2, 8, 8, 3], 5), activation([2, 4, 4, 6], 6)];
  const before = tf.memory().numTensors;
  tf.dispose([attentionMap(s), attentionTransferLoss(s, t), attentionTransferLoss([s], [t])]);
  assertEquals(tf.memory().numTensors, before);
});

Deno.test("attentionMap() throws on a wrong power, reduction or rank", () => {
  const x = activation([2, 3, 3, 4], 1);
  for (const p of [0, 0.99, -2, NaN, Infinity]) {
    assertThrows(() => attentionMap(x, { p }), RangeError, `power ${p}`);
  }
  const reduce = "median" as "mean";
  assertThrows(() => attentionMap(x, { reduce }), RangeError, 'by "median": it must be mean, sum');
  assertThrows(() => attentionMap(x, { reduce: "toString" as "mean" }), RangeError, "toString");
  const flat = tf.zeros([2, 3, 3]) as unknown as tf.Tensor4D;
  assertThrows(() => attentionMap(flat), TypeError, "[2,3,3]: it must be [N, H, W, C]");
});

Deno.test("attentionTransferLoss() throws on pairs that do not fit", () => {
  const x = activation([2, 3, 3, 4], 1);
  const three = activation([3, 3, 3, 4], 1);
  const flat = tf.zeros([2, 9]) as unknown as tf.Tensor4D;
  assertThrows(
    () => attentionTransferLoss([x, x], [x]),
    RangeError,
    "2 student activations with 1",
  );
  assertThrows(() => attentionTransferLoss([], []), RangeError, "at least one");
  assertThrows(() => attentionTransferLoss(x, [x, x]), RangeError, "1 student activations with 2");
  assertThrows(() => attentionTransferLoss(x, three), TypeError, "[2,3,3,4] and [3,3,3,4]");
  assertThrows(() => attentionTransferLoss(x, flat), TypeError, "[2,9]");
  assertThrows(() => attentionTransferLoss(x, x, { p: 0.5 }), RangeError, "power 0.5");
  const form = "cosine" as "paper";
  assertThrows(() => attentionTransferLoss(x, x, { form }), RangeError, 'form "cosine"');
});
