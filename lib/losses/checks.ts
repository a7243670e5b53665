/**
 * Checks of the losses' arguments.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs-core";
import { checkFloats, checkTensor } from "../arguments.ts";

/**
 * Throws a TypeError if labels are not integers or look one-hot. The caller checks other shapes.
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

/** Throws a TypeError unless the labels fit the logits to distil. */
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
 * Throws a TypeError unless both are logits for the same examples and classes.
 *
 * @param least the smallest number of classes allowed.
 */
export function checkLogits(student: tf.Tensor2D, teacher: tf.Tensor2D, least = 1): void {
  checkFloats("the student's logits", student);
  checkFloats("the teacher's logits", teacher);
  const isWrong = student.rank !== 2 || student.shape[1] < least ||
    String(student.shape) !== String(teacher.shape);
  if (!isWrong) return;
  throw new TypeError(
    `Cannot distil logits [${teacher.shape}] into logits [${student.shape}]: both must be ` +
      `[N, classes], with the same numbers of examples and classes` +
      (least > 1 ? `, and ${least} classes or more` : ""),
  );
}

export function checkTemperature(temperature: number): void {
  if (!(temperature > 0 && temperature < Infinity)) {
    throw new RangeError(`Cannot distil at temperature ${temperature}: it must be above 0`);
  }
}

/** Throws a RangeError unless every weight is 0 or more. */
export function checkWeights(weights: Readonly<Record<string, number>>): void {
  for (const [name, weight] of Object.entries(weights)) {
    if (!(weight >= 0 && weight < Infinity)) {
      throw new RangeError(`Cannot distil with ${name} ${weight}: it must be 0 or more`);
    }
  }
}

/** A size below this could also be the number of rows, so it does not prove a wrong layout. */
const manyChannels = 16;

/**
 * Throws a TypeError if the teacher's or the student's activation looks like `[N, C, H, W]`. This shows
 * if the sides of the two, read as `[N, H, W, C]`, have different proportions. This cannot be detected
 * if channels and sides are equal, as in `[N, 16, 16, 16]`.
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

/** The sides and the channels of an activation, read as `[N, H, W, C]` and as `[N, C, H, W]`. */
function readingsOf({ shape }: tf.Tensor) {
  const [, a, b, c] = shape as [number, number, number, number];
  return { asIs: [a, b] as Sides, turned: [b, c] as Sides, channels: a };
}

type Sides = [height: number, width: number];

/** True if both have the same proportions. */
function areAlike([h, w]: Sides, [height, width]: Sides): boolean {
  return h * width === w * height;
}

/**
 * Like {@linkcode areAlike}, but allows for the rounding of strides: one factor must turn the larger
 * sides into the smaller ones.
 */
function mayBeAlike(a: Sides, b: Sides): boolean {
  const [[height, width], [h, w]] = a[0] * a[1] > b[0] * b[1] ? [a, b] : [b, a];
  const least = Math.max((h - 1) / height, (w - 1) / width);
  return least < Math.min((h + 1) / height, (w + 1) / width);
}
