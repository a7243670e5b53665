/**
 * The loss that a task's options ask for.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { attentionTransferLoss } from "../lib/losses/attention.ts";
import { crossEntropy } from "../lib/losses/cross_entropy.ts";
import { distillationLoss } from "../lib/losses/distillation.ts";
import type { Loss } from "../lib/training/train_step.ts";

/** The options that weigh the terms. */
export interface TransferOptions {
  /** Weight of the teacher's softened logits. */
  alpha: number;
  /** Weight of the attention loss of each pair of groups. */
  beta: number;
  temperature: number;
}

const attentionTerm = "attention_";

/**
 * Cross entropy or, with alpha, distillation; with beta, the attention loss of each pair of groups as
 * a term of its own.
 */
export function transferLoss({ alpha, beta, temperature }: TransferOptions): Loss {
  return (student, labels, teacher) => {
    const terms: ReturnType<Loss> = teacher && alpha > 0
      ? {
        distillation: distillationLoss(student.logits, teacher.logits, labels, {
          temperature,
          alpha,
        }),
      }
      : { cross_entropy: crossEntropy(student.logits, labels) };
    if (teacher && beta > 0) {
      student.groups.forEach((group, i) => {
        const loss = attentionTransferLoss(group, teacher.groups[i] as tf.Tensor4D);
        terms[`${attentionTerm}${i}`] = tf.mul(loss, beta);
      });
    }
    return terms;
  };
}

/** The attention losses without their weight, from the means of the terms. */
export function attentionLosses(terms: Readonly<Record<string, number>>, beta: number): number[] {
  return Object.entries(terms)
    .filter(([name]) => name.startsWith(attentionTerm))
    .map(([, value]) => value / beta);
}
