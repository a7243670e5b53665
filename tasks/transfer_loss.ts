/**
 * The loss that a task's options ask for: any of the methods, and all of them together.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { activationTransferLoss } from "../lib/losses/activation.ts";
import { attentionTransferLoss, type AttentionTransferOptions } from "../lib/losses/attention.ts";
import { crossEntropy } from "../lib/losses/cross_entropy.ts";
import { decoupledDistillationLoss } from "../lib/losses/decoupled.ts";
import { distillationLoss } from "../lib/losses/distillation.ts";
import {
  gradientAttentionLoss,
  gradientSymmetryLoss,
  inputGradient,
} from "../lib/losses/gradient.ts";
import { relationalDistillationLoss } from "../lib/losses/relational.ts";
import { similarityPreservingLoss } from "../lib/losses/similarity.ts";
import type { Params } from "../lib/params.ts";
import { randomStream } from "../lib/random.ts";
import type { Loss, LossInputs, LossTerms, TeacherOutput } from "../lib/train/loss.ts";
import { Initializer } from "../models/init.ts";

/** The weights of the methods. */
export interface TransferWeights {
  /** Weight of the teacher's softened logits; cross entropy has the rest of 1. */
  alpha: number;
  /** Whether there is an attention loss; its weight is the step's scalar `beta`. */
  beta: number;
  /** Weight of the loss between whole activations. */
  activationBeta: number;
  /** Weight of the loss between the gradients by the images. */
  gradientBeta: number;
  /** Weight of the gradients' flip symmetry. */
  gradientSymmetryBeta: number;
  /** Weight of the similarities between the examples of a batch. */
  similarityBeta: number;
  /** Weight of decoupled distillation. */
  decoupledBeta: number;
  /** Weight of relational distillation. */
  relationalBeta: number;
}

/** No transfer at all: plain training. */
export const noTransfer: TransferWeights = {
  alpha: 0,
  beta: 0,
  activationBeta: 0,
  gradientBeta: 0,
  gradientSymmetryBeta: 0,
  similarityBeta: 0,
  decoupledBeta: 0,
  relationalBeta: 0,
};

/** A group of the student, the group of the teacher that it follows, and the weight of the two. */
export interface GroupPair {
  student: number;
  teacher: number;
  weight: number;
}

/** What the terms are made of. */
export interface TransferOptions extends TransferWeights {
  temperature: number;
  /** The groups between which attention and activations are transferred; the last pair stands for the
   * features of the similarity-preserving and the relational loss. None where no term takes any. */
  pairs: readonly GroupPair[];
  /** What an attention map is, and how two are compared. */
  attention: AttentionTransferOptions;
}

const attentionTerm = "attention_";

/** The terms that a task's options ask for; each pair of groups has a term of its own. */
export function transferLoss(options: TransferOptions): Loss {
  return (inputs) => {
    const { student, batch, teacher } = inputs;
    const ce = crossEntropy(student.logits, batch.labels);
    return {
      cross_entropy: { value: ce, weight: 1 - (teacher ? options.alpha : 0) },
      ...(teacher && fromTeacher(inputs, teacher, options)),
      ...gradientTerms(inputs, ce, options),
    };
  };
}

function fromTeacher(
  { student, batch, params, scalars }: LossInputs,
  teacher: TeacherOutput,
  options: TransferOptions,
): LossTerms {
  const { temperature, alpha, beta, activationBeta, attention } = options;
  const terms: LossTerms = {};
  if (alpha > 0) {
    const value = distillationLoss(student.logits, teacher.logits, batch.labels, {
      temperature,
      alpha: 1,
    });
    terms.distillation = { value, weight: alpha };
  }
  const pairs = options.pairs.map(({ student: s, teacher: t, weight }) => ({
    student: student.groups[s] as tf.Tensor4D,
    teacher: teacher.groups[t] as tf.Tensor4D,
    attention: teacher.maps?.[t] ?? teacher.groups[t] as tf.Tensor4D,
    weight,
  }));
  if (beta > 0) {
    pairs.forEach(({ student, attention: ofTeacher, weight }, i) => {
      const value = attentionTransferLoss(student, ofTeacher, attention);
      terms[`${attentionTerm}${i}`] = { value, weight: tf.mul(scalars.beta as tf.Scalar, weight) };
    });
  }
  if (activationBeta > 0) {
    pairs.forEach(({ student, teacher, weight }, i) => {
      const projection = params[projectionKey(i)] as tf.Tensor4D | undefined;
      const value = activationTransferLoss(student, teacher, projection);
      terms[`activation_${i}`] = { value, weight: activationBeta * weight };
    });
  }
  const { decoupledBeta, similarityBeta, relationalBeta } = options;
  if (decoupledBeta > 0) {
    const value = decoupledDistillationLoss(student.logits, teacher.logits, batch.labels, {
      temperature,
    });
    terms.decoupled = { value, weight: decoupledBeta };
  }
  const last = pairs.at(-1);
  if (last && similarityBeta > 0) {
    const value = similarityPreservingLoss(last.student, last.teacher);
    terms.similarity = { value, weight: similarityBeta };
  }
  if (last && relationalBeta > 0) {
    // The last batch of an epoch may have one example, which relates to none.
    const value = last.student.shape[0] === 1
      ? tf.scalar(0)
      : relationalDistillationLoss(embedding(last.student), embedding(last.teacher));
    terms.relational = { value, weight: relationalBeta };
  }
  return terms;
}

/** The mean over the positions of an activation, `[N, C]`. */
function embedding(group: tf.Tensor4D): tf.Tensor {
  return tf.mean(group, [1, 2]);
}

function gradientTerms(
  { batch: { images, labels }, teacher, apply }: LossInputs,
  ce: tf.Scalar,
  { gradientBeta, gradientSymmetryBeta }: TransferOptions,
): LossTerms {
  if (gradientBeta === 0 && gradientSymmetryBeta === 0) return {};
  const terms: LossTerms = {};
  // The tape of the step holds what led from the images to it already.
  const gradient = inputGradient(() => ce, images);
  if (gradientBeta > 0) {
    if (!teacher?.inputGradient) {
      throw new TypeError("Cannot compare gradients: the teacher has none");
    }
    const value = gradientAttentionLoss(gradient, teacher.inputGradient);
    terms.gradient_attention = { value, weight: gradientBeta };
  }
  if (gradientSymmetryBeta > 0) {
    const ofFlipped = inputGradient(
      (flipped) => crossEntropy(apply(flipped).logits, labels),
      tf.reverse(images, 2),
    );
    const value = gradientSymmetryLoss(gradient, ofFlipped);
    terms.gradient_symmetry = { value, weight: gradientSymmetryBeta };
  }
  return terms;
}

/** The stream of a run's random numbers that the projections' seed is drawn from. */
const projectionStream = 3;

function projectionKey(pair: number): string {
  return `projection${pair}`;
}

/**
 * First values of the projections that bring the student's activations to the teacher's channels, for
 * each pair where these differ: filters `[1, 1, Cs, Ct]`, Kaiming normal.
 *
 * @param shapes of the groups of student and teacher, `[N, H, W, C]`.
 */
export function initProjections(
  pairs: readonly GroupPair[],
  shapes: { student: readonly number[][]; teacher: readonly number[][] },
  seed: number,
): Params {
  // With the run's own seed they would start as copies of the student's first layers, scaled.
  const first = new Initializer(randomStream(seed, projectionStream).integer(2 ** 32));
  pairs.forEach(({ student, teacher }, i) => {
    const [inputs, outputs] = [shapes.student[student]?.[3], shapes.teacher[teacher]?.[3]];
    if (inputs === undefined || outputs === undefined || inputs === outputs) return;
    first.conv(projectionKey(i), inputs, outputs, 1);
  });
  return first.params;
}

/** The attention losses, pair by pair, from the means of the terms. */
export function attentionLosses(terms: Readonly<Record<string, number>>): number[] {
  return Object.entries(terms)
    .filter(([name]) => name.startsWith(attentionTerm))
    .map(([, value]) => value);
}
