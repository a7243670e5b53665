/**
 * What the losses between features share: pairs of them, and rows that can be compared.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { checkTensor } from "../arguments.ts";
import { sign } from "../autodiff/sign.ts";

/**
 * The student's features with the teacher's, one by one; what stands alone is a list of one.
 *
 * @throws {RangeError} If there are unequal numbers of them, or none.
 * @throws {TypeError} If one is no tensor, or disposed.
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

/** A list of activations, or one alone. Throws a TypeError that names what is no tensor in it. */
function listOf<T extends tf.Tensor>(whose: string, given: T | readonly T[]): readonly T[] {
  const isAlone = !Array.isArray(given);
  const list = (isAlone ? [given] : given) as readonly T[];
  // Holes in the list count.
  for (let i = 0; i < list.length; i++) {
    checkTensor(`the ${whose}'s activation${isAlone ? "" : ` ${i}`}`, list[i]);
  }
  return list;
}

/**
 * Both with all but the batch flattened, `[N, D]`; D may differ.
 *
 * @throws {TypeError} If one is not of rank 2 or more, or the batches differ.
 */
export function pairOfRows(student: tf.Tensor, teacher: tf.Tensor): [tf.Tensor2D, tf.Tensor2D] {
  checkTensor("the student's activation", student);
  checkTensor("the teacher's activation", teacher);
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

/** Norms below this count as this (as PyTorch's `F.normalize`). */
const epsilon = 1e-12;

/**
 * The sum of squares over the last axis, which stays with size 1. tfjs's own gradient takes ones of the
 * size of `x`, which a compiled function then holds.
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
 * `x / norm2(x)` over the last axis. A zero vector stays zero, with gradient 0: PyTorch's
 * `F.normalize` gives it one of the size of 1e12.
 */
export function normalize<T extends tf.Tensor>(x: T): T {
  const square = sumOfSquares(x);
  const scale = tf.mul(sign(square), tf.rsqrt(tf.maximum(square, epsilon ** 2)));
  return tf.mul(x, scale);
}
