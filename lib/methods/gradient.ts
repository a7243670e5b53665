/**
 * Methods that compare gradients with respect to the images. They need no extra forward pass: the
 * step's tape already holds the path from the images to the cross entropy.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { checkOptions } from "../arguments.ts";
import { crossEntropy } from "../losses/cross_entropy.ts";
import { gradientAttentionLoss, gradientSymmetryLoss, inputGradient } from "../losses/gradient.ts";
import type { MethodEntry, OutputMethod, StudentMethod } from "./method.ts";

/**
 * Gradient-based attention transfer (arXiv:1612.03928, section 3.2).
 *
 * @throws {TypeError} If an option is unknown; from the step, if the teacher gives no `inputGradient`.
 */
export function gradientAttention(options: { weight: number }): OutputMethod {
  checkOptions("gradientAttention", options, { weight: true });
  return {
    name: "gradient_attention",
    of: "outputs",
    needs: "inputGradient",
    weight: options.weight,
    term: ({ teacher, inputGradient }) => {
      if (!teacher.inputGradient) {
        throw new TypeError("Cannot compare gradients: the teacher has none");
      }
      return gradientAttentionLoss(inputGradient(), teacher.inputGradient);
    },
  };
}

/**
 * Flip symmetry of the student's gradients (arXiv:1612.03928, section 3.2). It needs no teacher.
 *
 * @throws {TypeError} If an option is unknown.
 */
export function gradientSymmetry(options: { weight: number }): StudentMethod {
  checkOptions("gradientSymmetry", options, { weight: true });
  return {
    name: "gradient_symmetry",
    of: "student",
    weight: options.weight,
    term: ({ batch: { images, labels, mixed }, apply, inputGradient: ofImages }) => {
      const ofFlipped = inputGradient(
        (flipped) => crossEntropy(apply(flipped).logits, labels, { mixed }),
        tf.reverse(images, 2),
      );
      return gradientSymmetryLoss(ofImages(), ofFlipped);
    },
  };
}

export const gradientEntry: MethodEntry = {
  label: "gradient-AT",
  help: "gradient-based attention transfer: weight",
  usualWeight: 1,
  loss: "gradientAttentionLoss",
  formula: "1/2 ‖J_S - J_T‖², J the gradient of the mean cross entropy by the images",
  minClasses: 1,
  withWorkers: "wrong", // the square of a mean over a part, which has fewer examples
  method: (weight) => gradientAttention({ weight }),
};

export const symmetryEntry: MethodEntry = {
  label: "symmetry",
  help: "flip symmetry of gradients: weight; needs no teacher",
  usualWeight: 1,
  loss: "gradientSymmetryLoss",
  formula: "1/2 ‖J(x) - flip(J(flip(x)))‖², of the student alone",
  withWorkers: "wrong",
  method: (weight) => gradientSymmetry({ weight }),
};
