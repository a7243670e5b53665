/**
 * What holds for any activations and any logits, on numbers and shapes drawn at random.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { assert } from "@std/assert";
import fc from "fast-check";
import { activationTransferLoss } from "../../../lib/losses/activation.ts";
import { attentionMap, attentionTransferLoss } from "../../../lib/losses/attention.ts";
import { classAttentionLoss } from "../../../lib/losses/class_attention.ts";
import { correlationDistillationLoss } from "../../../lib/losses/correlation.ts";
import { decoupledDistillationLoss } from "../../../lib/losses/decoupled.ts";
import { distillationLoss } from "../../../lib/losses/distillation.ts";
import { gradientAttentionLoss, gradientSymmetryLoss } from "../../../lib/losses/gradient.ts";
import { hierarchicalContextLoss } from "../../../lib/losses/hierarchical_context.ts";
import { relationalDistillationLoss } from "../../../lib/losses/relational.ts";
import { similarityPreservingLoss } from "../../../lib/losses/similarity.ts";
import { backends } from "../../backends.ts";
import { assertClose } from "../../parity.ts";
import { isQuick, long } from "../../long.ts";

const numRuns = isQuick ? 8 : 25;

/** Two activations of one shape, and their options as maps. */
const activations = fc.record({
  shape: fc.tuple(
    fc.integer({ min: 2, max: 4 }),
    fc.integer({ min: 1, max: 6 }),
    fc.integer({ min: 2, max: 5 }),
    fc.integer({ min: 1, max: 5 }),
  ),
  seed: fc.integer({ min: 1, max: 1e6 }),
  scale: fc.double({ min: 1e-3, max: 1e3, noNaN: true }),
  options: fc.record({
    p: fc.constantFrom(1, 1.5, 2, 3, 4),
    reduce: fc.constantFrom("mean" as const, "sum" as const, "max" as const),
    form: fc.constantFrom("mean-square" as const, "paper" as const),
  }),
});

type Drawn = typeof activations extends fc.Arbitrary<infer T> ? T : never;

function pair({ shape, seed }: Drawn): [tf.Tensor4D, tf.Tensor4D] {
  return [seed, seed + 1].map((seed) => tf.randomNormal(shape, 0, 1, "float32", seed)) as [
    tf.Tensor4D,
    tf.Tensor4D,
  ];
}

/** Logits and labels from an activation: its positions are the examples. */
function logits(x: tf.Tensor4D): tf.Tensor2D {
  const [examples] = x.shape;
  return tf.reshape(x, [examples, -1]);
}

function labels({ shape, seed }: Drawn): tf.Tensor1D {
  const classes = shape[1] * shape[2] * shape[3];
  return tf.tensor1d(Array.from({ length: shape[0] }, (_, i) => (seed + i) % classes), "int32");
}

/** Losses that compare two of a kind: 0 for equals, and never below. */
const comparisons: Record<string, (a: tf.Tensor4D, b: tf.Tensor4D, drawn: Drawn) => tf.Scalar> = {
  attentionTransferLoss: (a, b, { options }) => attentionTransferLoss(a, b, options),
  activationTransferLoss: (a, b) => activationTransferLoss(a, b),
  gradientAttentionLoss: (a, b) => gradientAttentionLoss(a, b),
  gradientSymmetryLoss: (a, b) => gradientSymmetryLoss(a, tf.reverse(b, 2)),
  similarityPreservingLoss: (a, b) => similarityPreservingLoss(a, b),
  relationalDistillationLoss: (a, b) => relationalDistillationLoss(logits(a), logits(b)),
  decoupledDistillationLoss: (a, b, drawn) =>
    decoupledDistillationLoss(logits(a), logits(b), labels(drawn)),
  // At a high temperature the probabilities are nearly equal, and its epsilon would be seen.
  correlationDistillationLoss: (a, b) =>
    correlationDistillationLoss(logits(a), logits(b), { temperature: 1 }),
  // At one position a map of unit norm is 1 or -1.
  classAttentionLoss: (a, b) => classAttentionLoss(a, b, { resolution: 1, normalize: false }),
  hierarchicalContextLoss: (a, b) => hierarchicalContextLoss(a, b),
  "distillationLoss, the KL term of standardised logits,": (a, b, drawn) =>
    distillationLoss(logits(a), logits(b), labels(drawn), {
      ...{ temperature: 2, alpha: 1, standardize: true },
    }),
  "distillationLoss, the KL term alone,": (a, b, drawn) =>
    distillationLoss(logits(a), logits(b), labels(drawn), { temperature: 4, alpha: 1 }),
};

for (const { name, use } of backends) {
  Deno.test(`attentionMap() has unit norm, whatever its options (${name})`, () =>
    holds(async (drawn) => {
      const [x] = pair(drawn);
      const norms = await use((x: tf.Tensor4D) => tf.norm(attentionMap(x, drawn.options), 2, 1))(x);
      for (const norm of norms.dataSync()) assert(Math.abs(norm - 1) < 1e-5, `norm ${norm}`);
    }));

  Deno.test(`attentionMap() does not see a positive factor (${name})`, () =>
    holds(async (drawn) => {
      const map = use((x: tf.Tensor4D) => attentionMap(x, drawn.options));
      const [x] = pair(drawn);
      const scaled = await map(tf.mul(x, drawn.scale));
      assertClose(scaled, await map(x), { ofMax: 1e-4 }, "scaled");
    }));

  for (const [label, compare] of Object.entries(comparisons)) {
    // Of nearly constant probabilities it is not 0, by its epsilon: see correlation_test.ts.
    if (label === "correlationDistillationLoss") continue;
    Deno.test(`${label} is 0 for equals and never negative (${name})`, () =>
      holds(async (drawn) => {
        const run = use((a: tf.Tensor4D, b: tf.Tensor4D) => compare(a, b, drawn));
        const [a, b] = pair(drawn);
        const [equal] = (await run(a, a)).dataSync();
        assert(Math.abs(equal!) < 1e-6, `${equal} for equals`);
        const [loss] = (await run(a, b)).dataSync();
        assert(loss! >= -1e-6, `${loss} is negative`);
      }));
  }

  Deno.test(`gradientSymmetryLoss() is the same for the mirror image (${name})`, () =>
    holds(async (drawn) => {
      const run = use((a: tf.Tensor4D, b: tf.Tensor4D) => gradientSymmetryLoss(a, b));
      const [J, ofFlipped] = pair(drawn);
      assertClose(await run(ofFlipped, J), await run(J, ofFlipped), { rtol: 1e-5 }, "mirrored");
    }));
}

long.test("the losses and their gradients are the same compiled, op by op and in JavaScript", () =>
  holds(async (drawn) => {
    for (const [label, compare] of Object.entries(comparisons)) {
      const results = [];
      for (const { use } of backends) {
        const run = use((a: tf.Tensor4D, b: tf.Tensor4D) => {
          const f = (...[a, b]: tf.Tensor[]) => compare(a as tf.Tensor4D, b as tf.Tensor4D, drawn);
          const { value, grads } = tf.valueAndGrads(f)([a, b]);
          return [value, ...grads];
        });
        const values = await run(...valuesOf(drawn));
        results.push(values.map((tensor) => ({
          shape: tensor.shape,
          data: tensor.dataSync().slice() as Float32Array,
        })));
      }
      const [expected, ...others] = results;
      for (const other of others) {
        other.forEach((tensor, i) =>
          assertClose(tensor, expected![i]!, { ofMax: 1e-4, atol: 1e-6 }, `${label} ${i}`)
        );
      }
    }
  }, 8));

/** The same numbers on every backend: their random number generators may differ. */
function valuesOf({ shape, seed }: Drawn): [tf.Tensor4D, tf.Tensor4D] {
  const size = tf.util.sizeFromShape(shape);
  return [1, 2].map((k) => {
    const values = Float32Array.from({ length: size }, (_, i) => Math.sin(seed * k + i * 1.7) * 2);
    return tf.tensor4d(values, shape);
  }) as [tf.Tensor4D, tf.Tensor4D];
}

/** Checks a property, and frees what it made. */
async function holds(property: (drawn: Drawn) => Promise<void>, runs = numRuns): Promise<void> {
  await fc.assert(
    fc.asyncProperty(activations, async (drawn) => {
      tf.engine().startScope();
      try {
        await property(drawn);
      } finally {
        tf.engine().endScope();
      }
    }),
    { numRuns: runs, seed: 42 },
  );
}
