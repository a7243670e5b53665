/**
 * CIFAR, augmentation and batches.
 *
 * @module
 */
export type { PadMode } from "./augment.ts";
export {
  type Batch,
  batchCount,
  type BatchOptions,
  type BatchValues,
  evalBatches,
  type Mixing,
  type SourceImages,
  trainBatches,
  type TrainBatchOptions,
} from "./batches.ts";
export {
  type Cifar,
  type CifarName,
  loadCifar,
  type LoadCifarOptions,
  readCifar,
} from "./cifar.ts";
export type { DownloadProgress } from "./download.ts";
export type { ImageSet } from "./image_set.ts";
export {
  cutMix,
  type CutMixOptions,
  type DrawMixingOptions,
  mixUp,
  type MixUpOptions,
  withMixing,
  type WithMixingOptions,
} from "./mixing.ts";
export { NORMALIZATION, type Normalization, normalizeImages } from "./normalize.ts";
export { type Part, partOf } from "./part.ts";
export { dataDigest, holdOut } from "./split.ts";
export { type Random, randomStream } from "../random.ts";
