/**
 * Boxes from attention maps, and their scores.
 *
 * @module
 */
export { type AnnotatedBox, readBoxes } from "./annotation.ts";
export { attentionBox, type AttentionBoxOptions } from "./attention_box.ts";
export {
  type BoundingBox,
  intersectionOverUnion,
  type Localization,
  localizationScore,
} from "./box.ts";
export type { MapSize } from "./resize_map.ts";
