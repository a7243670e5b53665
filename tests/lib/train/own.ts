/**
 * Two networks of one's own and a step between them, as a user would write them.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import * as at from "../../../mod.ts";
import type { Backend } from "../../backends.ts";

/** A network of two groups and four classes. */
export function ownNetwork(width: number) {
  return {
    f: (x: tf.Tensor4D, p: at.Params) => {
      const g0 = tf.relu(tf.conv2d(x, p.c0, 1, "same"));
      const g1 = tf.relu(tf.conv2d(g0, p.c1, 2, "same"));
      const logits = tf.add(tf.matMul(tf.mean(g1, [1, 2]), p.w), p.b);
      return { logits, groups: [g0, g1], stats: {} };
    },
    init: (seed: number): at.Params => ({
      c0: tf.randomNormal([3, 3, 3, width], 0, 0.2, "float32", seed),
      c1: tf.randomNormal([3, 3, width, width], 0, 0.2, "float32", seed + 1),
      w: tf.randomNormal([width, 4], 0, 0.2, "float32", seed + 2),
      b: tf.zeros([4]),
    }),
  };
}

/** A batch of two images, made anew each time. */
export function ownBatch(): at.AnyBatch {
  return { images: tf.randomNormal([2, 8, 8, 3]), labels: tf.tensor1d([0, 3], "int32") };
}

/** A step with a teacher, and the state before it. */
export function ownStep(use: Backend["use"]) {
  const [student, teacher] = [ownNetwork(2), ownNetwork(3)];
  const teacherParams = teacher.init(100);
  const optimizer = at.sgd();
  const step = use(at.trainStep({
    model: student,
    optimizer,
    teacher: ({ images }) => teacher.f(images, teacherParams),
    loss: ({ student, teacher, batch }) => ({
      ce: at.crossEntropy(student.logits, batch.labels),
      at: { value: at.attentionTransferLoss(student.groups, teacher.groups), weight: 100 },
    }),
  }));
  const start = at.startState(student.init(0), optimizer);
  const close = () => {
    at.dispose(start, teacherParams);
    (step as Partial<at.Jitted<never, never>>).dispose?.();
  };
  return { step, start, close };
}
