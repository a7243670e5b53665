/**
 * Turns a frozen network into the teacher of a training step.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs-core";
import { inPrecision, type Precision } from "../jit/mod.ts";
import { withInputGradient } from "../train/gradients.ts";
import { classifierOf, type Teacher, type TensorBatch } from "../train/loss.ts";
import { type Method, needOf, type NetworkWithParams } from "./method.ts";

/**
 * The teacher in eval mode, with its gradient with respect to the images if a method needs that.
 *
 * @param precision the teacher's precision. Default: that of the step.
 */
export function teacherFunction(
  { model, params }: NetworkWithParams,
  methods: readonly Method[],
  precision?: Precision,
): Teacher {
  const f = (images: tf.Tensor4D) => model.f(images, params, "eval");
  const needsGradient = methods.some((method) => needOf(method) === "inputGradient");
  const classifier = methods.some((method) => needOf(method) === "classMaps")
    ? classifierOf(model, params)
    : undefined;
  const output = (batch: TensorBatch) =>
    needsGradient ? withInputGradient(f, batch) : f(batch.images);
  const teach: Teacher = classifier === undefined
    ? output
    : (batch) => ({ ...output(batch), classifier });
  return precision === undefined ? teach : (batch) => inPrecision(precision, () => teach(batch));
}
