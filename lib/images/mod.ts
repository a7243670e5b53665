/**
 * Batches from folders of images.
 *
 * @module
 */
export {
  type ImageDecoder,
  type ImageDecoderOptions,
  openImageDecoder,
  type Pixels,
} from "./decoder.ts";
export {
  evalImageBatches,
  type EvalImageBatchOptions,
  type ImageBatchOptions,
  trainImageBatches,
  type TrainImageBatchOptions,
} from "./image_batches.ts";
export {
  type ImageFolder,
  type ImageSplits,
  readImageFolder,
  readImageSplits,
} from "./image_folder.ts";
export { BrokenImageError, type ImageSize } from "./image_header.ts";
export type { ColorJitter, JitterKind, JitterStep } from "./jitter.ts";
export type { LeftOut } from "./left_out.ts";
export { IMAGENET_NORMALIZATION } from "../data/normalize.ts";
export { type SkippedImage, SkippedImages } from "./skipped.ts";
export {
  type Box,
  centerView,
  type CenterViewOptions,
  randomView,
  type RandomViewOptions,
  type View,
} from "./view.ts";
