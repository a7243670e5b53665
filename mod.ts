/**
 * Attention transfer and distillation: networks as pure functions, losses as pure functions, and a
 * compiler (`jit`) that runs them on TensorFlow. Importing this opens nothing and changes nothing.
 *
 * @example Train a student for one step to look where its teacher looks
 * ```ts
 * import * as tf from "@tensorflow/tfjs-core";
 * import {
 *   attentionTransferLoss,
 *   crossEntropy,
 *   jit,
 *   sgd,
 *   startState,
 *   trainStep,
 *   useTensorFlow,
 *   wideResNet,
 * } from "@attention-transfer/core";
 *
 * await useTensorFlow();
 * const student = wideResNet({ depth: 16, width: 1, numClasses: 10 });
 * const teacher = wideResNet({ depth: 16, width: 2, numClasses: 10 });
 * const teacherParams = teacher.init(1); // or: await loadParams("teacher.safetensors")
 * const optimizer = sgd({ weightDecay: 5e-4 });
 * const step = jit(trainStep({
 *   model: student,
 *   optimizer,
 *   teacher: ({ images }) => teacher.f(images, teacherParams, "eval"),
 *   loss: ({ student, teacher, batch }) => ({
 *     cross_entropy: crossEntropy(student.logits, batch.labels),
 *     attention: {
 *       value: attentionTransferLoss(student.groups, teacher?.groups ?? []),
 *       weight: 1e3,
 *     },
 *   }),
 * }));
 * const batch = { images: tf.zeros<tf.Rank.R4>([2, 32, 32, 3]), labels: tf.tensor1d([3, 5], "int32") };
 * const start = startState(student.init(0), optimizer);
 * const { state, terms } = await step(start, batch, { rate: tf.scalar(0.1) });
 * console.log(Object.keys(state.params).length, terms.attention?.dataSync());
 * ```
 *
 * @module
 */
export * from "./lib/losses/mod.ts";
export * from "./models/mod.ts";
export * from "./lib/methods/mod.ts";
export * from "./lib/train/mod.ts";
export * from "./lib/backend/mod.ts";
export * from "./lib/formats/mod.ts";
export * from "./lib/data/mod.ts";
export * from "./lib/images/mod.ts";
export * from "./lib/onnx/mod.ts";
export * from "./lib/localization/mod.ts";
