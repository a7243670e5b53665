/**
 * The loss that the options ask for, against the library's functions on the same outputs.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { jit } from "../../../lib/jit/jit.ts";
import { activationTransferLoss } from "../../../lib/losses/activation.ts";
import {
  attentionTransferLoss,
  type AttentionTransferOptions,
} from "../../../lib/losses/attention.ts";
import { crossEntropy } from "../../../lib/losses/cross_entropy.ts";
import { decoupledDistillationLoss } from "../../../lib/losses/decoupled.ts";
import { distillationLoss } from "../../../lib/losses/distillation.ts";
import {
  gradientAttentionLoss,
  gradientSymmetryLoss,
  inputGradient,
} from "../../../lib/losses/gradient.ts";
import { classActivationMaps, classAttentionLoss } from "../../../lib/losses/class_attention.ts";
import { correlationDistillationLoss } from "../../../lib/losses/correlation.ts";
import { hierarchicalContextLoss } from "../../../lib/losses/hierarchical_context.ts";
import { relationalDistillationLoss } from "../../../lib/losses/relational.ts";
import { similarityPreservingLoss } from "../../../lib/losses/similarity.ts";
import type { Tensors } from "../../../lib/params.ts";
import { valueAndGradients } from "../../../lib/train/gradients.ts";
import {
  lossEvaluation,
  mapTerms,
  type Scalars,
  type TensorBatch,
  type Trainable,
  valueOf,
  weighted,
} from "../../../lib/train/loss.ts";
import { sgd } from "../../../lib/train/sgd.ts";
import { startState, trainStep } from "../../../lib/train/train_step.ts";
import { wideResNet, type WideResNetOptions } from "../../../models/wide_resnet.ts";
import { classAttentionTransfer } from "../../../lib/methods/class_attention.ts";
import { decoupledDistillation, knowledgeDistillation } from "../../../lib/methods/distillation.ts";
import { type GroupPair, groupShapes, initProjections } from "../../../lib/methods/groups.ts";
import { chosenMethods, type MethodWeights, noTransfer } from "../../../lib/methods/table.ts";
import { fuseLevels, reviewDistillation } from "../../../lib/methods/review.ts";
import { teacherFunction } from "../../../lib/methods/teacher.ts";
import { transferLoss } from "../../../lib/methods/transfer_loss.ts";
import { attentionLosses } from "../../../tasks/run/attention_losses.ts";
import { backends } from "../../backends.ts";
import { assertClose } from "../../parity.ts";
import { assertSame } from "../../same.ts";

const student = wideResNet({ depth: 10, width: 0.25, numClasses: 5 });
const teacherOptions: WideResNetOptions = { depth: 10, width: 0.5, numClasses: 5 };
const teacher = wideResNet(teacherOptions);
const imageShape: [number, number, number] = [8, 8, 3];

const pairs: GroupPair[] = [
  { student: 0, teacher: 0, weight: 0.5 },
  { student: 2, teacher: 2, weight: 2 },
];
const attention: AttentionTransferOptions = { p: 4, reduce: "max", form: "paper" };
const classAttention = { resolution: 1, normalize: false };
const settings = { temperature: 3, attention, classAttention };
const beta = 7; // the step's, whatever the option is

/** Everything that a loss is taken of, made anew on the backend of the moment. */
function setUp(): {
  params: Tensors;
  lossParams: Tensors;
  teacherParams: Tensors;
  batch: TensorBatch;
  scalars: Scalars;
} {
  const [params, teacherParams] = [student.init(1), teacher.init(2)];
  const shapes = {
    student: groupShapes(student, params, imageShape),
    teacher: groupShapes(teacher, teacherParams, imageShape),
  };
  // Of the compared groups, and of the pooled features.
  const levelShapes = {
    student: [...[0, 2].map((group) => shapes.student[group]!), [1, 1, 1, 16]],
    teacher: [...[0, 2].map((group) => shapes.teacher[group]!), [1, 1, 1, 32]],
  };
  return {
    params,
    lossParams: {
      ...initProjections(pairs, shapes, 1),
      ...reviewDistillation({ weight: 1 }).ownParams!(levelShapes, 1),
    },
    teacherParams,
    batch: {
      images: tf.randomNormal([4, ...imageShape], 0, 1, "float32", 3),
      labels: tf.tensor1d([0, 1, 4, 1], "int32"),
    },
    scalars: { learningRate: tf.scalar(0.1), beta: tf.scalar(beta) },
  };
}

type Inputs = ReturnType<typeof setUp>;

/** Each term's value and its value times its weight. */
function evaluate(
  weights: MethodWeights,
  { params, lossParams, teacherParams, batch, scalars }: Inputs,
  hasTeacher = true,
): { values: Tensors; weighted: Tensors } {
  const methods = chosenMethods(weights, settings);
  const evaluation = lossEvaluation({
    model: student,
    loss: transferLoss({ methods, pairs }),
    teacher: hasTeacher
      ? teacherFunction({ model: teacher, params: teacherParams }, methods)
      : undefined,
  });
  const { trainable, f } = evaluation(params, lossParams, batch, scalars);
  return valueAndGradients((trained: Trainable) => {
    const { terms } = f(trained);
    // Every parameter must have a gradient, the projections too where no method takes them.
    const tensors = [...Object.values(trained.student), ...Object.values(trained.loss)];
    const all = tf.addN(tensors.map((tensor) => tf.sum(tensor)));
    return {
      loss: tf.addN([all, ...Object.values(terms).map(weighted)]) as tf.Scalar,
      extras: { values: mapTerms(terms, valueOf), weighted: mapTerms(terms, weighted) },
    };
  }, trainable).extras;
}

/** A term as it should be: the library's value, and the weight. */
type Expected = Record<string, [tf.Scalar, number]>;

/** What student and teacher show for the batch, by the models themselves. */
function show({ params, lossParams, teacherParams, batch: { images, labels } }: Inputs) {
  const gradientOf = (f: (x: tf.Tensor4D) => { logits: tf.Tensor2D }, x: tf.Tensor4D) =>
    inputGradient((x) => crossEntropy(f(x).logits, labels), x);
  const [s, t] = [
    (x: tf.Tensor4D) => student.f(x, params, "train"),
    (x: tf.Tensor4D) => teacher.f(x, teacherParams, "eval"),
  ];
  return {
    labels,
    student: s(images),
    teacher: t(images),
    projections: lossParams as Record<string, tf.Tensor4D>,
    gradient: gradientOf(s, images),
    teacherGradient: gradientOf(t, images),
    gradientOfFlipped: gradientOf(s, tf.reverse(images, 2)),
  };
}

type Shown = ReturnType<typeof show>;

/** Each method by itself: its options, and its terms. */
const methods: Record<
  string,
  { options: Partial<MethodWeights>; terms: (shown: Shown) => Expected }
> = {
  "knowledge distillation": {
    options: { alpha: 0.75 },
    terms: ({ student, teacher, labels }) => ({
      cross_entropy: [crossEntropy(student.logits, labels), 0.25],
      distillation: [
        distillationLoss(student.logits, teacher.logits, labels, { temperature: 3, alpha: 1 }),
        0.75,
      ],
    }),
  },
  "attention transfer": {
    options: { beta: 1000 },
    terms: ({ student: { groups: s }, teacher: { groups: t } }) => ({
      attention_0: [attentionTransferLoss(s[0]!, t[0]!, attention), beta * 0.5],
      attention_1: [attentionTransferLoss(s[2]!, t[2]!, attention), beta * 2],
    }),
  },
  "full-activation transfer": {
    options: { activationBeta: 3 },
    terms: ({ student: { groups: s }, teacher: { groups: t }, projections: p }) => ({
      activation_0: [activationTransferLoss(s[0]!, t[0]!, p.projection0!), 1.5],
      activation_1: [activationTransferLoss(s[2]!, t[2]!, p.projection1!), 6],
    }),
  },
  "gradient-based attention transfer": {
    options: { gradientBeta: 11 },
    terms: ({ gradient, teacherGradient }) => ({
      gradient_attention: [gradientAttentionLoss(gradient, teacherGradient), 11],
    }),
  },
  "the symmetry of gradients": {
    options: { gradientSymmetryBeta: 13 },
    terms: ({ gradient, gradientOfFlipped }) => ({
      gradient_symmetry: [gradientSymmetryLoss(gradient, gradientOfFlipped), 13],
    }),
  },
  "similarity-preserving distillation": {
    options: { similarityBeta: 3000 },
    terms: ({ student, teacher }) => ({
      similarity: [similarityPreservingLoss(student.groups[2]!, teacher.groups[2]!), 3000],
    }),
  },
  "decoupled distillation": {
    options: { decoupledBeta: 1.5 },
    terms: ({ student, teacher, labels }) => ({
      decoupled: [
        decoupledDistillationLoss(student.logits, teacher.logits, labels, { temperature: 3 }),
        1.5,
      ],
    }),
  },
  "distillation by correlations": {
    options: { correlationBeta: 0.3 },
    terms: ({ student, teacher }) => ({
      correlation: [
        correlationDistillationLoss(student.logits, teacher.logits, { temperature: 3 }),
        0.3,
      ],
    }),
  },
  "class attention transfer": {
    options: { classAttentionBeta: 12 },
    terms: (shown) => {
      const [s, t] = [shown.student, shown.teacher].map(({ features, classifier }) =>
        classActivationMaps(features, classifier)
      );
      return { class_attention: [classAttentionLoss(s!, t!, classAttention), 12] };
    },
  },
  "ReviewKD": {
    options: { reviewBeta: 5 },
    terms: ({ student, teacher, projections }) => {
      const [s, t] = [student, teacher].map(({ groups, features }) => [
        ...[groups[0], groups[2], tf.mean(features, [1, 2], true)] as tf.Tensor4D[],
      ]);
      const sizes = t!.map(({ shape }) => [shape[1], shape[2]] as const);
      return { review: [hierarchicalContextLoss(fuseLevels(s!, sizes, projections), t!), 5] };
    },
  },
  "relational distillation": {
    options: { relationalBeta: 0.5 },
    terms: ({ student, teacher }) => {
      const [s, t] = [student, teacher].map(({ groups }) => tf.mean(groups[2]!, [1, 2]));
      return { relational: [relationalDistillationLoss(s!, t!), 0.5] };
    },
  },
};

/** The terms of some methods; cross entropy has weight 1 unless one of them says otherwise. */
function termsOf(names: string[], shown: Shown): Expected {
  const terms = names.map((name) => methods[name]!.terms(shown));
  const ce = crossEntropy(shown.student.logits, shown.labels);
  return Object.assign({ cross_entropy: [ce, 1] }, ...terms);
}

function optionsOf(names: string[]): MethodWeights {
  return Object.assign({}, noTransfer, ...names.map((name) => methods[name]!.options));
}

function assertTerms(actual: ReturnType<typeof evaluate>, expected: Expected): void {
  assertEquals(Object.keys(actual.values).sort(), Object.keys(expected).sort());
  for (const [name, [value, weight]] of Object.entries(expected)) {
    assertClose(actual.values[name]!, value, { rtol: 1e-4 }, name);
    assertClose(actual.weighted[name]!, tf.mul(value, weight), { rtol: 1e-4 }, `weighted ${name}`);
    assert(value.dataSync()[0]! > 1e-6, `${name} is ${value.dataSync()[0]}, and tells nothing`);
  }
}

for (const name of ["no method", ...Object.keys(methods)]) {
  Deno.test(`transferLoss() gives the terms of ${name} and no other`, () => {
    tf.setBackend("tensorflow");
    const names = name in methods ? [name] : [];
    const [options, inputs] = [optionsOf(names), setUp()];
    assertTerms(evaluate(options, inputs), termsOf(names, show(inputs)));
  });
}

for (const { name, use } of backends) {
  Deno.test(`transferLoss() gives the terms of all methods at once (${name})`, async () => {
    const names = Object.keys(methods);
    const options = optionsOf(names);
    const run = use((inputs: Inputs) => evaluate(options, inputs));
    const inputs = setUp();
    assertTerms(await run(inputs), termsOf(names, show(inputs)));
  });
}

Deno.test("transferLoss() needs no teacher for plain training and the symmetry of gradients", () => {
  tf.setBackend("tensorflow");
  const name = "the symmetry of gradients";
  const inputs = setUp();
  const shown = show(inputs);
  assertTerms(evaluate({ ...noTransfer, alpha: 0.9 }, inputs, false), termsOf([], shown));
  assertTerms(evaluate(optionsOf([name]), inputs, false), termsOf([name], shown));
});

Deno.test("transferLoss() multiplies a method's weight, and what it takes of cross entropy's, by its factor", () => {
  tf.setBackend("tensorflow");
  const names = ["knowledge distillation", "attention transfer", "ReviewKD"];
  const inputs = setUp();
  const factors = { distillation: 0.5, attention: 0.1, review: 0 };
  const scheduled = Object.entries(factors).map(([name, factor]) => [name, tf.scalar(factor)]);
  const shown = show(inputs);
  const terms = termsOf(names, shown);
  const { values, weighted } = evaluate(optionsOf(names), {
    ...inputs,
    scalars: { ...inputs.scalars, factors: Object.fromEntries(scheduled) },
  });
  assertEquals(Object.keys(values).sort(), Object.keys(terms).sort());
  const weights = {
    ...{ cross_entropy: 1 - 0.75 / 2, distillation: 0.75 / 2, review: 0 },
    ...{ attention_0: beta * 0.5 * 0.1, attention_1: beta * 2 * 0.1 },
  };
  for (const [name, weight] of Object.entries(weights)) {
    const [value] = terms[name]!;
    assertClose(values[name]!, value, { rtol: 1e-4 }, name);
    assertClose(weighted[name]!, tf.mul(value, weight), { rtol: 1e-4 }, `weighted ${name}`);
  }
});

Deno.test("transferLoss() standardises logits, and gives distillation a weight of its own", () => {
  tf.setBackend("tensorflow");
  const inputs = setUp();
  const { student, teacher, labels } = show(inputs);
  const methods = [
    knowledgeDistillation({ alpha: 0.9, weight: 9, temperature: 2, standardize: true }),
    decoupledDistillation({ weight: 2, standardize: true }),
  ];
  const terms = transferLoss({ methods, pairs: [] })({
    ...{ student, teacher, batch: inputs.batch, params: {}, scalars: inputs.scalars },
    apply: () => student,
  });
  const expected: Expected = {
    cross_entropy: [crossEntropy(student.logits, labels), 0.1],
    distillation: [
      distillationLoss(student.logits, teacher.logits, labels, {
        ...{ temperature: 2, alpha: 1, standardize: true },
      }),
      9,
    ],
    decoupled: [
      decoupledDistillationLoss(student.logits, teacher.logits, labels, { standardize: true }),
      2,
    ],
  };
  assertTerms({
    values: mapTerms(terms, valueOf),
    weighted: mapTerms(terms, weighted),
  }, expected);
});

Deno.test("classAttentionTransfer() says which network gives no features", () => {
  tf.setBackend("tensorflow");
  const inputs = setUp();
  const { student, teacher } = show(inputs);
  const { features: _, ...bare } = student;
  const loss = transferLoss({ methods: [classAttentionTransfer({ weight: 1 })], pairs: [] });
  const given = { batch: inputs.batch, params: {}, scalars: inputs.scalars, apply: () => student };
  assertThrows(() => loss({ ...given, student: bare, teacher }), TypeError, "the student does not");
  assertThrows(() => loss({ ...given, student, teacher: bare }), TypeError, "the teacher does not");
});

Deno.test("transferLoss() of all methods trains the projections too, compiled as op by op", async () => {
  tf.setBackend("tensorflow");
  const { params, lossParams, teacherParams, batch, scalars } = setUp();
  const weights = { ...optionsOf(Object.keys(methods)), similarityBeta: 1, gradientBeta: 1e-3 };
  const chosen = chosenMethods(weights, settings);
  const network = { model: teacher, params: teacherParams, options: teacherOptions };
  const optimizer = sgd();
  const step = trainStep({
    model: student,
    optimizer,
    teacher: teacherFunction(network, chosen),
    loss: transferLoss({ methods: chosen, pairs }),
  });
  const state = startState(params, optimizer, lossParams);
  const [eager, compiled] = [
    step(state, batch, scalars),
    await jit(step)(state, batch, scalars),
  ];
  assertEquals(Object.keys(eager.state.params).sort(), Object.keys(params).sort());
  assertEquals(Object.keys(eager.state.loss!.params), Object.keys(lossParams));
  for (const part of ["params", "buffers"] as const) {
    const [actual, expected] = [compiled, eager].map(({ state }) => ({
      ...state[part],
      ...state.loss?.[part],
    }));
    for (const [key, tensor] of Object.entries(expected!)) {
      assertClose(actual![key]!, tensor, { ofMax: 1e-4, atol: 1e-6 }, key);
    }
  }
  for (const key of Object.keys(lossParams)) {
    const moved = tf.max(tf.abs(tf.sub(compiled.state.loss!.params[key]!, lossParams[key]!)))
      .dataSync()[0]!;
    assert(moved > 1e-6, `${key} moved by ${moved}`);
  }
});

const shapes = {
  student: [[1, 32, 32, 16], [1, 16, 16, 32], [1, 8, 8, 64]],
  teacher: [[1, 32, 32, 32], [1, 16, 16, 32], [1, 8, 8, 128]],
};
const allPairs = [0, 1, 2].map((i) => ({ student: i, teacher: i, weight: 1 }));

Deno.test("initProjections() makes a filter for each pair whose channels differ", () => {
  tf.setBackend("tensorflow");
  const shapesOf = (pairs: GroupPair[]) =>
    Object.entries(initProjections(pairs, shapes, 0)).map(([key, { shape }]) => [key, shape]);
  assertEquals(shapesOf(allPairs), [
    ["projection0", [1, 1, 16, 32]],
    ["projection2", [1, 1, 64, 128]],
  ]);
  assertEquals(shapesOf(allPairs.slice(1, 2)), []);
  assertEquals(shapesOf([{ student: 1, teacher: 2, weight: 1 }]), [
    ["projection0", [1, 1, 32, 128]],
  ]);
});

Deno.test("initProjections() draws Kaiming normal numbers that follow from the seed alone", () => {
  tf.setBackend("tensorflow");
  const first = initProjections(allPairs, shapes, 5);
  assertSame(first, initProjections(allPairs, shapes, 5));
  assert(!isMultiple(first.projection0!, initProjections(allPairs, shapes, 6).projection0!));
  assert(!isMultiple(first.projection0!, first.projection2!));
  const { variance } = tf.moments(first.projection2!);
  assertClose(variance, tf.scalar(2 / 64), { rtol: 0.1 }, "variance");
});

Deno.test("initProjections() shares no numbers with a network of the same seed", () => {
  tf.setBackend("tensorflow");
  for (const seed of [0, 5]) {
    const projections = Object.entries(initProjections(allPairs, shapes, seed));
    const filters = Object.entries(student.init(seed)).filter(([, tensor]) => tensor.rank > 1);
    for (const [key, projection] of projections) {
      for (const [name, filter] of filters) {
        assert(!isMultiple(projection, filter), `${key} starts as a copy of ${name}`);
      }
    }
  }
});

/** Whether the first numbers of one are those of the other, times a factor. */
function isMultiple(a: tf.Tensor, b: tf.Tensor): boolean {
  const [x, y] = [a.dataSync().slice(0, 8), b.dataSync().slice(0, 8)];
  return y.every((value, i) => Math.abs(value * x[0]! - x[i]! * y[0]!) < 1e-6);
}

Deno.test("attentionLosses() are the means of the attention terms, in their order", () => {
  const terms = {
    cross_entropy: 1,
    attention_0: 2,
    attention_1: 3,
    activation_0: 4,
    relational: 5,
  };
  assertEquals(attentionLosses(terms), [2, 3]);
  assertEquals(attentionLosses({ cross_entropy: 1, gradient_attention: 4 }), []);
});
