/**
 * What the page knows of its network. It is JSON in the page's HTML.
 *
 * @module
 */
import type { Normalization } from "../../lib/data/normalize.ts";

/** An image to begin with. */
export interface Sample {
  /** Its file beside the page. */
  readonly file: string;
  /** What to call it. */
  readonly name: string;
}

/** What the page knows of its network. */
export interface Settings {
  /** The network's title for people. */
  readonly title: string;
  /** How many trainable parameters it has. */
  readonly parameters: number;
  /** False if its spatial group-wise enhance does not normalise; the parameters do not show it. */
  readonly sgeNormalizes: boolean;
  /** Height and width of its input, in pixels. */
  readonly size: number;
  /** The length of an image's shorter side before the centre is cut out, in pixels. */
  readonly resize: number;
  readonly normalization: Normalization;
  /** The name of each class. */
  readonly classes: readonly string[];
  readonly samples: readonly Sample[];
}

/** The file of the parameters, beside the page. */
export const paramsFile = "model.safetensors";
/** The file of tfjs's kernels for processors, beside the page, where tfjs looks for this name. */
export const wasmFile = "tfjs-backend-wasm-simd.wasm";
