/**
 * What the losses ask of their arguments.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs-core";
import { checkTensor } from "../arguments.ts";

/**
 * Throws a TypeError where labels are not whole numbers, or look one-hot; other shapes are left to the
 * caller.
 *
 * @param count the number of examples.
 */
export function checkLabelType(labels: tf.Tensor, count: number): void {
  const { shape, dtype } = labels;
  if (shape.length === 2 && shape[0] === count && shape[1] as number > 1) {
    throw new TypeError(
      `Cannot use labels [${shape}]: they must be the numbers of the classes, int32 [${count}], and ` +
        "these look one-hot; use tf.argMax(labels, 1)",
    );
  }
  if (shape.length === 1 && dtype !== "int32") {
    throw new TypeError(
      `Cannot use labels of type ${dtype}: they must be the numbers of the classes, int32; use ` +
        `tf.cast(labels, "int32")`,
    );
  }
}

/** Throws a TypeError unless these are the labels of the examples that logits are distilled for. */
export function checkDistilledLabels(labels: tf.Tensor, logits: tf.Tensor2D): void {
  checkTensor("labels", labels);
  const [count] = logits.shape;
  checkLabelType(labels, count);
  if (labels.rank === 1 && labels.shape[0] === count) return;
  throw new TypeError(
    `Cannot distil logits [${logits.shape}] with labels [${labels.shape}]: they must be [${count}]`,
  );
}

/**
 * Throws a TypeError unless both are logits of the same examples and classes.
 *
 * @param least the least number of classes.
 */
export function checkLogits(student: tf.Tensor2D, teacher: tf.Tensor2D, least = 1): void {
  checkTensor("the student's logits", student);
  checkTensor("the teacher's logits", teacher);
  const isWrong = student.rank !== 2 || student.shape[1] < least ||
    String(student.shape) !== String(teacher.shape);
  if (!isWrong) return;
  throw new TypeError(
    `Cannot distil logits [${teacher.shape}] into logits [${student.shape}]: both must be ` +
      `[N, classes], with the same numbers of examples and classes` +
      (least > 1 ? `, and ${least} classes or more` : ""),
  );
}

/** Throws a RangeError unless the temperature is above 0. */
export function checkTemperature(temperature: number): void {
  if (!(temperature > 0 && temperature < Infinity)) {
    throw new RangeError(`Cannot distil at temperature ${temperature}: it must be above 0`);
  }
}

/** Throws a RangeError unless each weight is a number of 0 or more. */
export function checkWeights(weights: Readonly<Record<string, number>>): void {
  for (const [name, weight] of Object.entries(weights)) {
    if (!(weight >= 0 && weight < Infinity)) {
      throw new RangeError(`Cannot distil with ${name} ${weight}: it must be 0 or more`);
    }
  }
}

/** Fewer channels than this may as well be rows: what speaks against a student needs more. */
const manyChannels = 16;

/**
 * Throws a TypeError where activations can only be of the same images if the teacher's, or the student's,
 * are `[N, C, H, W]`: as `[N, H, W, C]` their sides are in other proportions. Where channels and sides are
 * alike, as in `[N, 16, 16, 16]`, nothing can be seen.
 */
export function checkLayout(student: tf.Tensor, teacher: tf.Tensor): void {
  if (student.rank !== 4 || teacher.rank !== 4) return;
  const [ours, theirs] = [readingsOf(student), readingsOf(teacher)];
  if (mayBeAlike(ours.asIs, theirs.asIs)) return;
  const mayTurn = ours.channels >= manyChannels;
  const whose = areAlike(ours.asIs, theirs.turned)
    ? "the teacher's looks"
    : mayTurn && areAlike(ours.turned, theirs.asIs)
    ? "the student's looks"
    : mayTurn && areAlike(ours.turned, theirs.turned)
    ? "both look"
    : undefined;
  if (whose === undefined) return;
  throw new TypeError(
    `Cannot compare activations [${student.shape}] and [${teacher.shape}]: [N, H, W, C] is expected, ` +
      `and ${whose} like [N, C, H, W]; use tf.transpose(x, [0, 2, 3, 1])`,
  );
}

/** The sides of an activation `[N, H, W, C]`, and what they and the channels are if it is `[N, C, H, W]`. */
function readingsOf({ shape }: tf.Tensor) {
  const [, a, b, c] = shape as [number, number, number, number];
  return { asIs: [a, b] as Sides, turned: [b, c] as Sides, channels: a };
}

type Sides = [height: number, width: number];

/** Whether sides are in the same proportion. */
function areAlike([h, w]: Sides, [height, width]: Sides): boolean {
  return h * width === w * height;
}

/** The same, as far as the rounding of strides allows: one share of the larger sides gives the smaller. */
function mayBeAlike(a: Sides, b: Sides): boolean {
  const [[height, width], [h, w]] = a[0] * a[1] > b[0] * b[1] ? [a, b] : [b, a];
  const least = Math.max((h - 1) / height, (w - 1) / width);
  return least < Math.min((h + 1) / height, (w + 1) / width);
}
