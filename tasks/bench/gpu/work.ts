/**
 * The least work of a training step: its multiply-adds, and the bytes that it must move.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import type { Tensors } from "../../../lib/params.ts";
import { wideResNet } from "../../../models/wide_resnet.ts";
import type { Case } from "../cases.ts";
import { type Convolution, convolutionsOf, multiplyAdds, stepMultiplyAdds } from "../kernels.ts";

/** The least work of a step on a whole batch. */
export interface Work {
  multiplyAdds: number;
  /** Bytes read and written, in float32. */
  bytes: number;
}

const image: [number, number, number] = [32, 32, 3];
const numClasses = 10;

/**
 * The work of a case's step: the student's forward pass and both its gradients, and the teacher's
 * forward pass. Losses and update are left out, which are small.
 *
 * @returns undefined for other networks than WideResNets, and where gradients are differentiated again.
 */
export function workOfStep(shape: Case): Work | undefined {
  const { network = "wrn", depth, width, batch, sge, gradientBeta, gradientSymmetryBeta } = shape;
  if (network !== "wrn" || sge || gradientBeta || gradientSymmetryBeta) return undefined;
  const student = layersOf(depth, width);
  const { teacherDepth, teacherWidth } = shape;
  const teacher = teacherDepth === undefined || teacherWidth === undefined
    ? undefined
    : layersOf(teacherDepth, teacherWidth);
  const numbers = numbersOfStep(student.convolutions) +
    numbersOfForward(teacher?.convolutions ?? []);
  return {
    multiplyAdds: batch * (student.step + (teacher?.forward ?? 0)),
    bytes: batch * 4 * numbers,
  };
}

/** The convolutions, and the multiply-adds of a forward pass for one image and of a training step. */
function layersOf(depth: number, width: number) {
  const model = wideResNet({ depth, width, numClasses });
  const params: Tensors = model.init(0);
  const convolutions = convolutionsOf(model, params, image);
  const forward = convolutions.reduce((sum, c) => sum + c.count * multiplyAdds(c), 0);
  const step = stepMultiplyAdds(convolutions, params);
  tf.dispose(params);
  return { convolutions, forward, step };
}

/** The numbers that go into a convolution for one image, and those that come out. */
function sizesOf({ size, stride, inputs, outputs }: Convolution): [number, number] {
  return [(size * stride) ** 2 * inputs, size ** 2 * outputs];
}

/** True if a batch norm comes before it, which it does not share: not the first, and no shortcut. */
function hasNorm({ kernel }: Convolution, index: number): boolean {
  return index > 0 && kernel > 1;
}

/** Numbers moved in a forward pass, each operand read once and each result written once. */
export function numbersOfForward(convolutions: readonly Convolution[]): number {
  return sum(convolutions, ([into, out], norm) => into + out + (norm ? 2 * into : 0));
}

/**
 * Numbers moved in a training step: a convolution and its two gradients each touch input and output; a
 * batch norm must read its input twice forward, and input and gradient twice backward, and write once
 * each time.
 */
export function numbersOfStep(convolutions: readonly Convolution[]): number {
  return sum(convolutions, ([into, out], norm) => 3 * (into + out) + (norm ? 8 * into : 0));
}

function sum(
  convolutions: readonly Convolution[],
  numbers: (sizes: [number, number], norm: boolean) => number,
): number {
  return convolutions.reduce(
    (total, convolution, i) =>
      total + convolution.count * numbers(sizesOf(convolution), hasNorm(convolution, i)),
    0,
  );
}
