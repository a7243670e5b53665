/**
 * Attention transfer and distillation: networks and losses as pure functions, and a compiler (`jit`)
 * that runs them on TensorFlow. Importing this has no side effects.
 *
 * A step returns new tensors, and nothing frees the old ones by itself: train with {@link train}, or call
 * {@link nextState} after each step of a loop of your own. {@link dispose} frees the rest.
 *
 * @example Train a student for a step to look where its teacher looks
 * ```ts
 * import * as tf from "@tensorflow/tfjs-core";
 * import * as at from "@attention-transfer/core";
 *
 * await at.useTensorFlow();
 * const student = at.wideResNet({ depth: 16, width: 1, numClasses: 10 });
 * const teacher = at.wideResNet({ depth: 16, width: 2, numClasses: 10 });
 * const params = student.init(0);
 * const transfer = at.distill({
 *   student: { model: student, params },
 *   teacher: { model: teacher, params: teacher.init(1) }, // or: await at.loadParams("teacher.pth")
 *   methods: [at.attentionTransfer({ weight: 1000 })],
 * });
 * const optimizer = at.sgd({ weightDecay: 5e-4 });
 * const step = at.jit(at.trainStep({ model: student, optimizer, ...transfer }));
 * const state = at.startState(params, optimizer, transfer.lossParams);
 * const batches = [{ images: tf.zeros([2, 32, 32, 3]), labels: tf.tensor1d([3, 5], "int32") }];
 * for await (const { steps, terms } of at.train({ step, state, batches, learningRate: 0.1 })) {
 *   console.log(steps, terms.cross_entropy, terms.attention_0);
 * }
 * ```
 *
 * @module
 */
export * from "./lib/losses/mod.ts";
export * from "./models/mod.ts";
export * from "./lib/methods/mod.ts";
export * from "./lib/train/mod.ts";
export * from "./lib/backend/engine.ts";
export * from "./lib/formats/mod.ts";
export * from "./lib/data/mod.ts";
export * from "./lib/images/mod.ts";
export * from "./lib/onnx/mod.ts";
export * from "./lib/localization/mod.ts";
