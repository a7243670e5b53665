/**
 * ReviewKD (Chen et al., arXiv:2104.09044): the student's levels are fused from the last to the first,
 * and each is compared with the teacher's.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { normalizeBatch } from "../../models/batch_norm.ts";
import { Initializer } from "../../models/init.ts";
import { conv2d, param, tidy } from "../../models/layers.ts";
import { checkOptions } from "../arguments.ts";
import { hierarchicalContextLoss } from "../losses/hierarchical_context.ts";
import { resizeNearest } from "../losses/resize.ts";
import type { Tensors } from "../params.ts";
import { randomStream } from "../random.ts";
import type { LevelShapes, LevelsMethod, MethodEntry } from "./method.ts";

/** The most channels that levels are fused in, as in the authors' code. */
const mostChannels = 512;

/** The random stream for the seed of the parameters. */
const stream = 4;

/** The key of a level's layer. */
function keyOf(level: number, layer: string): string {
  return `review.level${level}.${layer}`;
}

/**
 * Initial parameters of the fusion, as in the authors' code: convolutions uniform within
 * `sqrt(3 / fan in)`, those of the attention within `sqrt(1 / fan in)`; batch norm weights 1.
 */
function fusionParams(
  { student, teacher }: LevelShapes,
  seed: number,
): Tensors {
  const first = new Initializer(randomStream(seed, stream).integer(2 ** 32));
  const channels = student.map((shape) => shape[3] as number);
  const fused = Math.min(mostChannels, channels.at(-1) as number);
  const layer = (level: number, index: number, size: number, inputs: number, outputs: number) => {
    const shape = [size, size, inputs, outputs];
    first.uniform(keyOf(level, `conv${index}`), shape, Math.sqrt(3 / (size * size * inputs)));
    first.constant(keyOf(level, `bn${index}.weight`), [outputs], 1);
    first.constant(keyOf(level, `bn${index}.bias`), [outputs], 0);
  };
  channels.forEach((inputs, level) => {
    layer(level, 0, 1, inputs, fused);
    layer(level, 1, 3, fused, teacher[level]?.[3] as number);
    if (level === channels.length - 1) return; // there is nothing to fuse the last one with
    const bound = Math.sqrt(1 / (2 * fused));
    first.uniform(keyOf(level, "attention.weight"), [1, 1, 2 * fused, 2], bound);
    first.uniform(keyOf(level, "attention.bias"), [2], bound);
  });
  return first.params;
}

/**
 * The fused levels, by the attention based fusion (ABF) of the authors' code. From the last level to the
 * first: a 1x1 convolution and batch norm; a sum with what came from the level after, resized, weighted
 * at each position by two sigmoids; a 3x3 convolution and batch norm to the teacher's channels.
 *
 * @param student `[N, H, W, C]` of each level.
 * @param sizes the teacher's `[height, width]` of each level: the results' sizes.
 */
export function fuseLevels(
  student: readonly tf.Tensor4D[],
  sizes: readonly (readonly [number, number])[],
  params: Tensors,
): tf.Tensor4D[] {
  const get = <T extends tf.Tensor>(level: number, layer: string) =>
    param<T>(params, keyOf(level, layer));
  const convNorm = (x: tf.Tensor4D, level: number, index: number) =>
    normalizeBatch( // always by this batch: it is used in training only
      conv2d(x, get(level, `conv${index}`)),
      get(level, `bn${index}.weight`),
      get(level, `bn${index}.bias`),
    ).y;
  return tidy(() => {
    const fused: tf.Tensor4D[] = [];
    let review: tf.Tensor4D | undefined;
    for (let level = student.length - 1; level >= 0; level--) {
      const own = convNorm(student[level] as tf.Tensor4D, level, 0);
      const x = review === undefined ? own : attend(own, review, (both) =>
        tf.add(
          conv2d(both, get(level, "attention.weight")),
          get<tf.Tensor1D>(level, "attention.bias"),
        ));
      review = resizeNearest(x, ...(sizes[level] as [number, number]));
      fused.unshift(convNorm(review, level, 1));
    }
    return fused;
  });
}

/** The level, and what came from the levels after it, each times its attention at every position. */
function attend(
  own: tf.Tensor4D,
  review: tf.Tensor4D,
  logitsOf: (both: tf.Tensor4D) => tf.Tensor4D,
): tf.Tensor4D {
  const later = resizeNearest(review, own.shape[1], own.shape[2]);
  const attention = tf.sigmoid(logitsOf(tf.concat([own, later], 3)));
  const [ofOwn, ofLater] = tf.split(attention, 2, 3) as [tf.Tensor4D, tf.Tensor4D];
  return tf.add(tf.mul(own, ofOwn), tf.mul(later, ofLater));
}

/**
 * ReviewKD (arXiv:2104.09044): fuses the student's levels from the last to the first by layers of its
 * own, which learn with the student and are no part of it, and compares each with the teacher's by
 * {@link hierarchicalContextLoss}. The levels are the compared groups, raw sums, and the features' mean
 * over the positions; student and teacher must give `features`. For WideResNets, the authors' code
 * takes the teacher's groups after the next batch norm; here they are raw, as for ResNets.
 *
 * @param options weight: 5 for WideResNets and 1 for ImageNet in the authors' code, after a warm-up of
 * 20 epochs: see {@link weightFactor}.
 * @throws {TypeError} If an option is unknown.
 */
export function reviewDistillation(options: { weight: number }): LevelsMethod {
  checkOptions("reviewDistillation", options, { weight: true });
  return {
    name: "review",
    of: "all pairs",
    weight: options.weight,
    ownParams: fusionParams,
    term: ({ student, teacher, params }) => {
      const sizes = teacher.map(({ shape }) => [shape[1], shape[2]] as const);
      return hierarchicalContextLoss(fuseLevels(student, sizes, params), teacher);
    },
  };
}

export const reviewEntry: MethodEntry = {
  label: "ReviewKD",
  help: "ReviewKD, which learns to fuse the groups: weight; the paper uses 5 for WideResNets, " +
    "with --method-warmup 20",
  usualWeight: 5,
  loss: "hierarchicalContextLoss",
  formula:
    "ReviewKD: between the teacher's groups and pooled features, and the student's fused from " +
    "the last to the first by learned attention",
  method: (weight) => reviewDistillation({ weight }),
};
