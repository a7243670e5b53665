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
export { type PadMode } from "./lib/data/augment.ts";
export {
  type Batch,
  batchCount,
  type BatchOptions,
  type BatchValues,
  evalBatches,
  type SourceImages,
  trainBatches,
  type TrainBatchOptions,
} from "./lib/data/batches.ts";
export {
  type Cifar,
  type CifarName,
  loadCifar,
  type LoadCifarOptions,
  readCifar,
} from "./lib/data/cifar.ts";
export { type DownloadProgress } from "./lib/data/download.ts";
export { type ImageSet } from "./lib/data/image_set.ts";
export { NORMALIZATION, type Normalization, normalizeImages } from "./lib/data/normalize.ts";
export {
  jit,
  type JitOptions,
  type Jitted,
  type NodeSource,
  type Precision,
  type Profile,
  type ProfiledEvent,
  type ProfiledNode,
  type ProfiledRun,
  type ProfileOptions,
} from "./lib/jit/jit.ts";
export { inPrecision } from "./lib/jit/precision.ts";
export {
  type TensorFlowInfo,
  type TensorFlowOptions,
  useTensorFlow,
} from "./lib/backend/use_tensorflow.ts";
export { UserError, type UserErrorCode, type UserErrorOptions } from "./lib/errors.ts";
export {
  type ImageDecoder,
  type ImageDecoderOptions,
  openImageDecoder,
  type Pixels,
} from "./lib/images/decoder.ts";
export {
  evalImageBatches,
  type EvalImageBatchOptions,
  type ImageBatchOptions,
  trainImageBatches,
  type TrainImageBatchOptions,
} from "./lib/images/image_batches.ts";
export {
  type ImageFolder,
  type ImageSplits,
  readImageFolder,
  readImageSplits,
} from "./lib/images/image_folder.ts";
export { BrokenImageError, type ImageSize } from "./lib/images/image_header.ts";
export { type ColorJitter, type JitterKind, type JitterStep } from "./lib/images/jitter.ts";
export type { LeftOut } from "./lib/images/left_out.ts";
export { IMAGENET_NORMALIZATION } from "./lib/images/normalization.ts";
export { type SkippedImage, SkippedImages } from "./lib/images/skipped.ts";
export {
  type Box,
  centerView,
  type CenterViewOptions,
  randomView,
  type RandomViewOptions,
  type View,
} from "./lib/images/view.ts";
export { type AnnotatedBox, readBoxes } from "./lib/localization/annotation.ts";
export { attentionBox, type AttentionBoxOptions } from "./lib/localization/attention_box.ts";
export {
  type BoundingBox,
  intersectionOverUnion,
  type Localization,
  localizationScore,
} from "./lib/localization/box.ts";
export { type MapSize } from "./lib/localization/resize_map.ts";
export { activationTransferLoss } from "./lib/losses/activation.ts";
export {
  attentionMap,
  type AttentionMapOptions,
  attentionTransferLoss,
  type AttentionTransferOptions,
  type TeacherAttention,
} from "./lib/losses/attention.ts";
export { crossEntropy } from "./lib/losses/cross_entropy.ts";
export {
  decoupledDistillationLoss,
  type DecoupledDistillationOptions,
} from "./lib/losses/decoupled.ts";
export { distillationLoss, type DistillationOptions } from "./lib/losses/distillation.ts";
export {
  gradientAttentionLoss,
  gradientSymmetryLoss,
  inputGradient,
} from "./lib/losses/gradient.ts";
export {
  relationalDistillationLoss,
  type RelationalDistillationOptions,
} from "./lib/losses/relational.ts";
export { similarityPreservingLoss } from "./lib/losses/similarity.ts";
export { onnxModel, type OnnxOptions } from "./lib/onnx/onnx_model.ts";
export {
  checkFiniteParams,
  checkParams,
  fillParams,
  filterParams,
  isSgeKey,
  isTrainable,
  type Params,
} from "./lib/params.ts";
export { type Random, randomStream } from "./lib/random.ts";
export { withInputGradient } from "./lib/train/gradients.ts";
export {
  type Loss,
  type LossInputs,
  type LossOptions,
  lossPrefix,
  type LossTerm,
  type LossTerms,
  type Scalars,
  type TeacherOutput,
  type TensorBatch,
} from "./lib/train/loss.ts";
export {
  type Decay,
  decayedWeight,
  type DecayedWeightOptions,
  steppedRate,
  type SteppedRateOptions,
} from "./lib/train/schedule.ts";
export { type Optimizer, sgd, type SgdOptions } from "./lib/train/sgd.ts";
export { termGradientNorms } from "./lib/train/term_gradients.ts";
export {
  type EvalResult,
  evalStep,
  startState,
  type StepResult,
  type TrainState,
  trainStep,
  type TrainStepOptions,
} from "./lib/train/train_step.ts";
export { loadParams, saveParams } from "./lib/formats/weights.ts";
export {
  fold,
  foldedResNet,
  type FoldedResNetOptions,
  foldedResNetOptions,
} from "./models/folded_res_net.ts";
export { type BatchNormWeight } from "./models/init.ts";
export type { Mode, Model, ModelOutput } from "./models/model.ts";
export { resNet, type ResNetOptions, resNetOptions } from "./models/res_net.ts";
export { type SgeOptions, spatialGroupEnhance } from "./models/spatial_group_enhance.ts";
export { wideResNet, type WideResNetOptions, wideResNetOptions } from "./models/wide_resnet.ts";
