/**
 * Helpers of the losses on features: pairs of features, and rows to compare.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { checkFloats } from "../arguments.ts";
import { sign } from "../autodiff/sign.ts";

/**
 * `Theirs` if it is as long as `Ours`, as far as the compiler knows both lengths. Otherwise `Ours`, so
 * that its message says how many entries there should be.
 *
 * @typeParam Ours the list that decides.
 * @typeParam Theirs the list to check.
 */
export type AsManyAs<Ours extends readonly unknown[], Theirs extends readonly unknown[]> =
  Ours["length"] extends Theirs["length"] ? Theirs
    : Theirs["length"] extends Ours["length"] ? Theirs
    : NoInfer<Ours>;

/**
 * Pairs each of the student's features with the teacher's. A single tensor counts as a list of one.
 *
 * @throws {RangeError} If the numbers of features differ, or there are none.
 * @throws {TypeError} If one is not a tensor, or is disposed.
 */
export function pairUp<T extends tf.Tensor, U extends tf.Tensor = T>(
  student: T | readonly T[],
  teacher: U | readonly U[],
): [T, U][] {
  const students = listOf("student", student);
  const teachers = listOf("teacher", teacher);
  if (students.length !== teachers.length || students.length === 0) {
    throw new RangeError(
      `Cannot pair ${students.length} student activations with ${teachers.length} of the teacher: ` +
        `there must be as many, and at least one`,
    );
  }
  return students.map((s, i) => [s, teachers[i] as U]);
}

/** Turns a single activation into a list. The TypeError names an entry that is not a tensor. */
function listOf<T extends tf.Tensor>(whose: string, given: T | readonly T[]): readonly T[] {
  const isAlone = !Array.isArray(given);
  const list = (isAlone ? [given] : given) as readonly T[];
  // Check holes in the list, too.
  for (let i = 0; i < list.length; i++) {
    checkFloats(`the ${whose}'s activation${isAlone ? "" : ` ${i}`}`, list[i]);
  }
  return list;
}

/**
 * Flattens both to `[N, D]`; D may differ.
 *
 * @throws {TypeError} If one has rank below 2, or the batches differ.
 */
export function pairOfRows(student: tf.Tensor, teacher: tf.Tensor): [tf.Tensor2D, tf.Tensor2D] {
  checkFloats("the student's activation", student);
  checkFloats("the teacher's activation", teacher);
  const [count] = student.shape;
  if (student.rank < 2 || teacher.rank < 2 || teacher.shape[0] !== count) {
    throw new TypeError(
      `Cannot compare the examples of [${student.shape}] and [${teacher.shape}]: both must be ` +
        `[N, ...], with the same batch`,
    );
  }
  return [student, teacher].map((x) => tf.reshape(x, [count as number, -1])) as [
    tf.Tensor2D,
    tf.Tensor2D,
  ];
}

/** The smallest norm to divide by (as in PyTorch's `F.normalize`). */
const epsilon = 1e-12;

/**
 * The sum of squares over the last axis, which is kept with size 1. The gradient of tfjs allocates ones
 * of the size of `x`, and a compiled function would keep them.
 */
export function sumOfSquares(x: tf.Tensor): tf.Tensor {
  const sum = tf.customGrad((x, save) => {
    (save as tf.GradSaveFunc)([x as tf.Tensor]);
    return {
      value: tf.sum(tf.square(x as tf.Tensor), -1, true),
      gradFunc: (dy: tf.Tensor, [x]: tf.Tensor[]) => tf.mul(tf.mul(x!, 2), dy),
    };
  });
  return sum(x);
}

/**
 * `x / norm2(x)` over the last axis. A zero vector stays zero, with gradient 0. PyTorch's `F.normalize`
 * gives it a gradient of size 1e12.
 */
export function normalize<T extends tf.Tensor>(x: T): T {
  const square = sumOfSquares(x);
  const scale = tf.mul(sign(square), tf.rsqrt(tf.maximum(square, epsilon ** 2)));
  return tf.mul(x, scale);
}
