/**
 * All losses with all their options: those that PyTorch has computed, and more, drawn at random.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import fc from "fast-check";
import { activationTransferLoss } from "../../lib/losses/activation.ts";
import {
  attentionMap,
  attentionTransferLoss,
  type AttentionTransferOptions,
  type TeacherAttention,
} from "../../lib/losses/attention.ts";
import { classActivationMaps, classAttentionLoss } from "../../lib/losses/class_attention.ts";
import { correlationDistillationLoss } from "../../lib/losses/correlation.ts";
import { crossEntropy } from "../../lib/losses/cross_entropy.ts";
import { decoupledDistillationLoss } from "../../lib/losses/decoupled.ts";
import { distillationLoss, type DistillationOptions } from "../../lib/losses/distillation.ts";
import { gradientAttentionLoss, gradientSymmetryLoss } from "../../lib/losses/gradient.ts";
import { hierarchicalContextLoss } from "../../lib/losses/hierarchical_context.ts";
import { relationalDistillationLoss } from "../../lib/losses/relational.ts";
import { similarityPreservingLoss } from "../../lib/losses/similarity.ts";
import { type Fixture, readFixture, type Values } from "../parity.ts";

type Inputs = Record<string, tf.Tensor>;

/** A loss of tensors that have names; labels apart, it is differentiable in all. */
export type NamedLoss = (inputs: Inputs) => tf.Scalar;

/** A loss, what it is given, and where PyTorch has computed it, its value and its gradients. */
export interface LossCase {
  name: string;
  loss: NamedLoss;
  inputs: Record<string, Values>;
  expected?: { value: Values; gradients: Record<string, Values> };
}

// deno-lint-ignore no-explicit-any
type Options = any;

/** `x/0`, `x/1`, ... in their order; holes where there are none. */
function list<T extends tf.Tensor>(inputs: Inputs, name: string, count = Infinity): T[] {
  const found: T[] = [];
  for (let i = 0; i < Math.min(count, 20); i++) {
    const one = inputs[`${name}/${i}`];
    if (!one && count === Infinity) break;
    found.push(one as T);
  }
  return found;
}

/** The losses by their names in the fixtures. */
const losses: Record<string, (options: Options) => NamedLoss> = {
  crossEntropy: () => ({ logits, labels }) =>
    crossEntropy(logits as tf.Tensor2D, labels as tf.Tensor1D),
  distillationLoss: (options: DistillationOptions) => ({ student, teacher, labels }) =>
    distillationLoss(
      student as tf.Tensor2D,
      teacher as tf.Tensor2D,
      labels as tf.Tensor1D,
      options,
    ),
  decoupledDistillationLoss: (options) => ({ student, teacher, labels }) =>
    decoupledDistillationLoss(
      student as tf.Tensor2D,
      teacher as tf.Tensor2D,
      labels as tf.Tensor1D,
      options,
    ),
  attentionTransferLoss:
    ({ pairs: _, ...options }: AttentionTransferOptions & { pairs?: number }) => (inputs) =>
      attentionTransferLoss(
        list<tf.Tensor4D>(inputs, "student"),
        list<TeacherAttention & tf.Tensor>(inputs, "teacher"),
        options,
      ),
  activationTransferLoss: () => (inputs) => {
    const students = list<tf.Tensor4D>(inputs, "student");
    return activationTransferLoss(
      students,
      list<tf.Tensor4D>(inputs, "teacher"),
      list<tf.Tensor4D>(inputs, "projection", students.length),
    );
  },
  correlationDistillationLoss: (options) => ({ student, teacher }) =>
    correlationDistillationLoss(student as tf.Tensor2D, teacher as tf.Tensor2D, options),
  classAttentionLoss: (options) => (inputs) => {
    const [student, teacher] = ["student", "teacher"].map((role) =>
      classActivationMaps(
        inputs[role] as tf.Tensor4D,
        inputs[`${role}_classifier`] as tf.Tensor2D,
      )
    ) as [tf.Tensor4D, tf.Tensor4D];
    return classAttentionLoss(student, teacher, options);
  },
  hierarchicalContextLoss: () => (inputs) =>
    hierarchicalContextLoss(
      list<tf.Tensor4D>(inputs, "student"),
      list<tf.Tensor4D>(inputs, "teacher"),
    ),
  similarityPreservingLoss: () => (inputs) =>
    similarityPreservingLoss(list(inputs, "student"), list(inputs, "teacher")),
  relationalDistillationLoss: (options) => ({ student, teacher }) =>
    relationalDistillationLoss(student as tf.Tensor, teacher as tf.Tensor, options),
  gradientAttentionLoss: () => ({ student, teacher }) =>
    gradientAttentionLoss(student as tf.Tensor4D, teacher as tf.Tensor4D),
  gradientSymmetryLoss: () => ({ gradient, gradientOfFlipped }) =>
    gradientSymmetryLoss(gradient as tf.Tensor4D, gradientOfFlipped as tf.Tensor4D),
};

/** All that the fixtures hold. */
export async function fixtureCases(): Promise<LossCase[]> {
  const fixtures = await Promise.all(
    ["losses", "more_losses", "recent_losses", "gradient_methods"].map((name) => readFixture(name)),
  );
  return fixtures.flatMap((fixture) => [...casesOf(fixture)]);
}

function* casesOf(fixture: Fixture): Generator<LossCase> {
  const all = JSON.parse(fixture.metadata["cases"] ?? "{}") as Record<
    string,
    Record<string, Options>
  >;
  for (const [name, cases] of Object.entries(all)) {
    if (name === "attentionMap") {
      yield* mapCases(fixture, cases);
      continue;
    }
    const loss = losses[name];
    if (!loss) throw new Error(`There is no loss ${name}`);
    for (const [label, options] of Object.entries(cases)) {
      const found = fixture.under(`${name}/${label}`);
      const { value, gradient, ...others } = found;
      // Cross entropy has one gradient, which lies by the side of the loss's input of that name else.
      const [inputs, gradients] = name === "crossEntropy"
        ? [others, { logits: gradient as Values }]
        : [without(found, /^(value$|gradients\/)/), fixture.under(`${name}/${label}/gradients`)];
      yield {
        name: `${name}() of ${label}`,
        loss: loss(options),
        inputs,
        expected: { value: value as Values, gradients },
      };
    }
  }
}

/** Maps, by a weighted sum of what they hold. */
function* mapCases(fixture: Fixture, cases: Record<string, Options>): Generator<LossCase> {
  const [x, weighting] = ["x", "weighting"].map((key) => fixture.get(`attentionMap/${key}`)) as [
    Values,
    Values,
  ];
  for (const [label, options] of Object.entries(cases)) {
    const { value, gradient } = fixture.under(`attentionMap/${label}`);
    const sum = [...(value as Values).data].reduce((s, v, i) => s + v * weighting.data[i]!, 0);
    yield {
      name: `attentionMap() of ${label}`,
      loss: ({ x }) => {
        const weights = tf.tensor(weighting.data, weighting.shape);
        return tf.sum(tf.mul(attentionMap(x as tf.Tensor4D, options), weights));
      },
      inputs: { x },
      expected: {
        value: { shape: [], data: new Float32Array([sum]) },
        gradients: { x: gradient as Values },
      },
    };
  }
}

function without(values: Record<string, Values>, pattern: RegExp): Record<string, Values> {
  return Object.fromEntries(Object.entries(values).filter(([key]) => !pattern.test(key)));
}

/** Normally distributed numbers from a seed, the same on every backend. */
export function draw(shape: number[], seed: number, scale = 1): Values {
  const size = shape.reduce((product, size) => product * size, 1);
  let state = seed * 2654435761 % 4294967296;
  const uniform = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state + 1) / 4294967297;
  };
  const normal = () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
  return { shape, data: Float32Array.from({ length: size }, () => scale * normal()) };
}

const size = (min: number, max: number) => fc.integer({ min, max });

/** A loss drawn at random, with its options and its inputs. */
export const drawnCases: fc.Arbitrary<LossCase> = fc.record({
  name: fc.constantFrom(...Object.keys(losses)),
  shape: fc.tuple(size(2, 5), size(1, 7), size(2, 6), size(1, 9)),
  otherChannels: size(1, 9),
  pairs: size(1, 12),
  seed: size(1, 1e6),
  scale: fc.constantFrom(1e-5, 1e-2, 1, 30),
  p: fc.constantFrom(1, 1.5, 2, 3, 4),
  reduce: fc.constantFrom("mean" as const, "sum" as const, "max" as const),
  form: fc.constantFrom("mean-square" as const, "paper" as const),
  temperature: fc.constantFrom(1, 2.5, 4, 8),
  alpha: fc.constantFrom(0, 0.3, 0.9, 1),
  flag: fc.boolean(),
}).map((drawn) => {
  const { name, shape, temperature, alpha, p, reduce, form, flag } = drawn;
  const options: Record<string, Options> = {
    attentionTransferLoss: { p, reduce, form },
    distillationLoss: { temperature, alpha, standardize: flag },
    decoupledDistillationLoss: { temperature, alpha, beta: 2, standardize: flag },
    correlationDistillationLoss: { temperature, beta: alpha },
    // A normalised map of one position is 1 or -1, whose gradient is only rounding.
    classAttentionLoss: flag && shape[1] > 1
      ? { resolution: 2, normalize: true }
      : { resolution: 1, normalize: false },
    relationalDistillationLoss: { distance: 10 * alpha, angle: 3 },
  };
  const chosen = options[name] ?? {};
  return {
    name: `${name}() of ${JSON.stringify({ ...drawn, options: chosen })}`,
    loss: (losses[name] as (options: Options) => NamedLoss)(chosen),
    inputs: drawInputs(drawn, [shape[0], shape[1] * shape[2] + 1]),
  };
});

function drawInputs(
  { name, shape, otherChannels, pairs, seed, scale }: {
    name: string;
    shape: [number, number, number, number];
    otherChannels: number;
    pairs: number;
    seed: number;
    scale: number;
  },
  logits: [number, number],
): Record<string, Values> {
  const other = [...shape.slice(0, 3), otherChannels];
  const labels: Values = {
    shape: [logits[0]],
    data: Int32Array.from({ length: logits[0] }, (_, i) => (seed + 3 * i) % logits[1]),
  };
  const two = (first: string, second: string, shapes: number[][]) => ({
    [first]: draw(shapes[0] as number[], seed, scale),
    [second]: draw(shapes[1] as number[], seed + 1, scale),
  });
  // Of tiny logits the probabilities are all but even, of large ones differences of large numbers
  // are left: float32 holds neither well.
  const ofLogits = Math.max(0.3, Math.min(scale, 3));
  if (name === "crossEntropy") return { logits: draw(logits, seed, ofLogits), labels };
  if (/^(decoupledD|d)istillationLoss$/.test(name)) {
    const [student, teacher] = [seed, seed + 1].map((s) => draw(logits, s, ofLogits));
    return { student: student as Values, teacher: teacher as Values, labels };
  }
  if (name === "correlationDistillationLoss") {
    const [student, teacher] = [seed, seed + 1].map((s) => draw(logits, s, ofLogits));
    return { student: student as Values, teacher: teacher as Values };
  }
  if (name === "classAttentionLoss") {
    return {
      ...two("student", "teacher", [shape, other]),
      student_classifier: draw([4, shape[3]], seed + 2),
      teacher_classifier: draw([4, otherChannels], seed + 3),
    };
  }
  if (name === "relationalDistillationLoss") return two("student", "teacher", [shape, other]);
  if (name === "gradientAttentionLoss") return two("student", "teacher", [shape, shape]);
  if (name === "gradientSymmetryLoss") {
    return two("gradient", "gradientOfFlipped", [shape, shape]);
  }
  const alike = name === "hierarchicalContextLoss";
  const projects = name === "activationTransferLoss" && shape[3] !== otherChannels;
  return Object.assign(
    {},
    ...Array.from({ length: pairs }, (_, i) => ({
      [`student/${i}`]: draw(shape, seed + 2 * i, scale),
      [`teacher/${i}`]: draw(alike ? shape : other, seed + 2 * i + 1, scale),
      ...(projects && { [`projection/${i}`]: draw([1, 1, shape[3], otherChannels], seed + i) }),
    })),
  );
}
