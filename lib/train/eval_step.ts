/**
 * One step of evaluation, as a pure function of tensors, for `jit` to compile.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs-core";
import type { AnyModel } from "../../models/model.ts";
import { tidy } from "../../models/layers.ts";
import { checkFunction, checkTensors } from "../arguments.ts";
import { crossEntropy } from "../losses/cross_entropy.ts";
import type { Tensors } from "../params.ts";
import { checkedBatch, checkedOutput } from "./checks.ts";
import { countCorrect, countNonFinite } from "./count_correct.ts";
import type { AnyBatch } from "./loss.ts";

/** The metrics of a batch in eval mode. */
export interface EvalResult {
  /** The mean cross entropy. */
  loss: tf.Scalar;
  /**
   * The number of correct answers. The answer is that of `torch.argmax`: the class of the largest
   * logit, or the lowest class if logits are equal. NaN counts as larger than any number.
   */
  correct: tf.Scalar;
  /**
   * The number of examples whose label was in the top five. Of equal logits, lower classes come first.
   */
  correct5: tf.Scalar;
  /** The number of examples with a logit that is not finite. Above 0, the network has diverged. */
  nonFinite?: tf.Scalar;
}

/**
 * Builds the evaluation of a batch, in eval mode.
 *
 * @throws {TypeError} If the model has no function `f`. The evaluation throws it if labels are not
 * int32 `[N]`, logits are not `[N, classes]`, or a tensor is missing or disposed.
 *
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { evalStep, wideResNet } from "@attention-transfer/core";
 *
 * const model = wideResNet({ depth: 10, width: 0.25, numClasses: 10 });
 * const batch = { images: tf.zeros([2, 8, 8, 3]), labels: tf.tensor1d([0, 1], "int32") };
 * const { loss, correct } = evalStep(model)(model.init(0), batch);
 * console.log(loss.dataSync()[0], correct.dataSync()[0]); // of 2 examples
 * ```
 */
export function evalStep(model: AnyModel): (params: Tensors, batch: AnyBatch) => EvalResult {
  checkFunction("f of the model", Object(model).f);
  return (params, batch) =>
    tidy(() => {
      checkTensors("the parameters", params);
      const { images, labels } = checkedBatch(batch);
      const output = model.f(images, params, "eval");
      const { logits } = checkedOutput("the network", output, images.shape[0]);
      return {
        loss: crossEntropy(logits, labels),
        ...countCorrect(logits, labels),
        nonFinite: countNonFinite(logits),
      };
    });
}
