/**
 * What the terms of the methods should be, by the library's losses on the same outputs.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { assert, assertEquals } from "@std/assert";
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
import { mapValues, type Tensors } from "../../../lib/params.ts";
import { valueAndGradients } from "../../../lib/train/gradients.ts";
import {
  lossEvaluation,
  type Scalars,
  type TensorBatch,
  type Trainable,
  valueOf,
  weighted,
} from "../../../lib/train/loss.ts";
import { wideResNet, type WideResNetOptions } from "../../../models/wide_resnet.ts";
import { type GroupPair, initProjections } from "../../../lib/methods/groups.ts";
import { outputShapes } from "../../../lib/methods/output_shapes.ts";
import { chosenMethods, type MethodWeights, noTransfer } from "../../../lib/methods/table.ts";
import { fuseLevels, reviewDistillation } from "../../../lib/methods/review.ts";
import { teacherFunction } from "../../../lib/methods/teacher.ts";
import { transferLoss } from "../../../lib/methods/transfer_loss.ts";
import { assertClose } from "../../parity.ts";

export const student = wideResNet({ depth: 10, width: 0.25, numClasses: 5 });
export const teacherOptions: WideResNetOptions = { depth: 10, width: 0.5, numClasses: 5 };
export const teacher = wideResNet(teacherOptions);
const imageShape: [number, number, number] = [8, 8, 3];

export const pairs: GroupPair[] = [
  { student: 0, teacher: 0, weight: 0.5 },
  { student: 2, teacher: 2, weight: 2 },
];
const attention: AttentionTransferOptions = { p: 4, reduce: "max", form: "paper" };
const classAttention = { resolution: 1, normalize: false };
export const settings = { temperature: 3, attention, classAttention, decoupledOthers: 6 };
export const beta = 7;

/** Everything that a loss is taken of, made anew on the backend of the moment. */
export function setUp(): {
  params: Tensors;
  lossParams: Tensors;
  teacherParams: Tensors;
  batch: TensorBatch;
  scalars: Scalars;
} {
  const [params, teacherParams] = [student.init(1), teacher.init(2)];
  const shapes = {
    student: outputShapes({ model: student, params }, imageShape).groups,
    teacher: outputShapes({ model: teacher, params: teacherParams }, imageShape).groups,
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
    scalars: { learningRate: tf.scalar(0.1) },
  };
}

export type Inputs = ReturnType<typeof setUp>;

/** Each term's value and its value times its weight. */
export function evaluate(
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
      extras: { values: mapValues(terms, valueOf), weighted: mapValues(terms, weighted) },
    };
  }, trainable).extras;
}

/** A term as it should be: the library's value, and the weight. */
export type Expected = Record<string, [tf.Scalar, number]>;

/** What student and teacher show for the batch, by the models themselves. */
export function show({ params, lossParams, teacherParams, batch: { images, labels } }: Inputs) {
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
    classifiers: [params, teacherParams].map((params) => params["fc.weight"] as tf.Tensor2D),
    projections: lossParams as Record<string, tf.Tensor4D>,
    gradient: gradientOf(s, images),
    teacherGradient: gradientOf(t, images),
    gradientOfFlipped: gradientOf(s, tf.reverse(images, 2)),
  };
}

type Shown = ReturnType<typeof show>;

/** Each method by itself: its options, and its terms. */
export const methods: Record<
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
    options: { beta },
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
        decoupledDistillationLoss(student.logits, teacher.logits, labels, {
          ...{ temperature: 3, beta: 6 },
        }),
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
      const [s, t] = [
        classActivationMaps(shown.student.features, shown.classifiers[0]!),
        classActivationMaps(shown.teacher.features, shown.classifiers[1]!),
      ];
      return { class_attention: [classAttentionLoss(s, t, classAttention), 12] };
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
export function termsOf(names: string[], shown: Shown): Expected {
  const terms = names.map((name) => methods[name]!.terms(shown));
  const ce = crossEntropy(shown.student.logits, shown.labels);
  return Object.assign({ cross_entropy: [ce, 1] }, ...terms);
}

export function optionsOf(names: string[]): MethodWeights {
  return Object.assign({}, noTransfer, ...names.map((name) => methods[name]!.options));
}

export function assertTerms(actual: ReturnType<typeof evaluate>, expected: Expected): void {
  assertEquals(Object.keys(actual.values).sort(), Object.keys(expected).sort());
  for (const [name, [value, weight]] of Object.entries(expected)) {
    assertClose(actual.values[name]!, value, { rtol: 1e-4 }, name);
    assertClose(actual.weighted[name]!, tf.mul(value, weight), { rtol: 1e-4 }, `weighted ${name}`);
    assert(value.dataSync()[0]! > 1e-6, `${name} is ${value.dataSync()[0]}, and tells nothing`);
  }
}
