/**
 * Gradients of a function with respect to a tree of tensors.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import type { AnyOutput, ModelOutput, RankedGroups } from "../../models/model.ts";
import { checkFunction } from "../arguments.ts";
import { checkedBatch, checkedOutput } from "./checks.ts";
import { correctGradients } from "../autodiff/correct_gradients.ts";
import { crossEntropy } from "../losses/cross_entropy.ts";
import { flatten, type Tree, unflatten } from "../tree.ts";
import type { AnyBatch, TeacherOutput } from "./loss.ts";

/** The result of a function to differentiate: the loss, and a tree of extra tensors. */
export interface LossWithExtras<Extras> {
  /** This is differentiated. */
  loss: tf.Scalar;
  /** These are not differentiated. */
  extras: Extras;
}

/**
 * The value of `f`, its gradients with respect to all tensors of a tree (a tensor, or arrays and plain
 * objects of trees), and its extras, like `jax.value_and_grad` with `has_aux`.
 *
 * @typeParam Values the tree of tensors to differentiate with respect to.
 * @typeParam Extras the tree of further results.
 * @returns the loss, the gradients as a tree of the same structure, and the extras.
 * @throws {TypeError} If a tree holds something else, or `f` has an op without a gradient.
 *
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { valueAndGradients } from "@attention-transfer/core";
 *
 * const { gradients } = valueAndGradients(
 *   ({ w, b }) => ({ loss: tf.sum(tf.add(tf.square(w), b)) as tf.Scalar, extras: {} }),
 *   { w: tf.tensor1d([3, 4]), b: tf.scalar(1) },
 * );
 * gradients.w.print(); // [6, 8]
 * ```
 */
export function valueAndGradients<Values, Extras>(
  f: (values: Values) => LossWithExtras<Extras>,
  values: Values,
): LossWithExtras<Extras> & { gradients: Values } {
  correctGradients();
  const { tree, tensors } = flatten(values, "the values");
  let kept: tf.Tensor[] = [];
  let extrasTree: Tree | undefined;
  try {
    const { value, grads } = tf.valueAndGrads((...inputs: tf.Tensor[]) => {
      const { loss, extras } = f(unflatten(tree, inputs) as Values);
      const flat = flatten(extras, "the extras");
      extrasTree = flat.tree;
      // tfjs disposes everything created in here, except the loss.
      kept = flat.tensors.map((tensor) => tf.keep(tf.clone(tensor)));
      return loss;
    })(tensors);
    const extras = kept.map((tensor) => tf.clone(tensor)); // owned by the caller's scope again
    return {
      loss: value as tf.Scalar,
      gradients: unflatten(tree, grads) as Values,
      extras: unflatten(extrasTree as Tree, extras) as Extras,
    };
  } finally {
    kept.forEach((tensor) => tensor.dispose());
  }
}

/**
 * A network's output for a batch, and the gradient of its mean cross entropy with respect to the
 * images, from one forward pass. This is the teacher's output for gradient-based attention transfer.
 *
 * @typeParam OfGroups the groups of the network.
 * @param f the network, with fixed parameters and mode.
 * @throws {TypeError} If labels are not int32 `[N]`, logits are not `[N, classes]`, or a tensor is
 * missing or disposed.
 *
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { wideResNet, withInputGradient } from "@attention-transfer/core";
 *
 * const teacher = wideResNet({ depth: 10, width: 0.25, numClasses: 10 });
 * const params = teacher.init(0);
 * const batch = { images: tf.ones([2, 8, 8, 3]), labels: tf.tensor1d([0, 1], "int32") };
 * const output = withInputGradient((images) => teacher.f(images, params, "eval"), batch);
 * console.log(output.inputGradient.shape); // [2, 8, 8, 3]
 * ```
 */
export function withInputGradient<OfGroups extends readonly tf.Tensor[]>(
  f: (images: tf.Tensor4D) => AnyOutput<OfGroups>,
  batch: AnyBatch,
): TeacherOutput<RankedGroups<OfGroups>> & { inputGradient: tf.Tensor4D } {
  checkFunction("the network", f);
  const { images, labels } = checkedBatch(batch);
  const { loss, gradients, extras } = valueAndGradients((images) => {
    const output = checkedOutput("the network", f(images), labels.shape[0]);
    const loss = crossEntropy(output.logits, labels, { mixed: batch.mixed });
    return { loss, extras: output };
  }, images);
  loss.dispose();
  const output = extras as ModelOutput<RankedGroups<OfGroups>>;
  return { ...output, inputGradient: gradients };
}
