/**
 * Class attention transfer: the student's class activation maps follow the teacher's.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs-core";
import type { ModelOutput } from "../../models/model.ts";
import {
  classActivationMaps,
  classAttentionLoss,
  type ClassAttentionOptions,
  classMapSize,
} from "../losses/class_attention.ts";
import type { MethodEntry, OutputMethod } from "./method.ts";

/** The class activation maps of a network; undefined if it lacks what they are made of. */
export function classMapsOf(
  { features }: Pick<ModelOutput, "features">,
  classifier: tf.Tensor2D | undefined,
  { resolution = classMapSize }: ClassAttentionOptions = {},
): tf.Tensor4D | undefined {
  return features && classifier && classActivationMaps(features, classifier, resolution);
}

/**
 * Class attention transfer, CAT-KD (Guo et al., CVPR 2023), between class activation maps. Student and
 * teacher must give `features` and name the key of their `classifier`, as all networks of this library
 * do, and have the same classes.
 *
 * @param options weight: 12 for CIFAR-100 and 0.5 for ImageNet (at resolution 4) in the authors'
 * configurations, which do not normalise (`normalize: false`). The other options are those of
 * {@link classAttentionLoss}.
 * @throws {TypeError} From the step, if an option is unknown, or a network does not give what it needs.
 * {@link distill} throws a `UserError` for such a network.
 */
export function classAttentionTransfer(
  { weight, ...options }: { weight: number } & ClassAttentionOptions,
): OutputMethod {
  return {
    name: "class_attention",
    of: "outputs",
    needs: "classMaps",
    weight,
    term: ({ student, classifier, teacher }) => {
      const s = classMapsOf(student, classifier, options);
      const maps = teacher.classMaps ?? classMapsOf(teacher, teacher.classifier, options);
      if (!s || !maps) {
        throw new TypeError(
          `Cannot compare class activation maps: the ${s ? "teacher" : "student"} must give its ` +
            "features, and its model the key of the classifier's weights",
        );
      }
      return classAttentionLoss(s, maps, options);
    },
  };
}

export const classAttentionEntry: MethodEntry = {
  label: "CAT-KD",
  help: "class attention transfer (CAT-KD): weight; the authors use 12, and 0.5 for ImageNet",
  usualWeight: 12,
  loss: "classAttentionLoss",
  formula:
    "CAT-KD: mean square between class activation maps, pooled to 2x2 and divided by their norms",
  settings: ["classAttention"],
  minClasses: 1,
  method: (weight, { classAttention }) => classAttentionTransfer({ weight, ...classAttention }),
};
