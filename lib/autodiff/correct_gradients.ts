/**
 * Makes tfjs's gradients right, and differentiable again, on every backend.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { convolution } from "./convolution.ts";
import { elementwise } from "./elementwise.ts";
import { addMissingKernels } from "./missing_kernels.ts";
import { normalization } from "./normalization.ts";
import { pooling } from "./pooling.ts";
import { reductions } from "./reductions.ts";
import { resizing } from "./resizing.ts";
import { shapes } from "./shapes.ts";
import { mendTape } from "./tape.ts";

const corrected = new WeakSet<object>();

/**
 * Corrects the gradients that tfjs (4.22) has wrong, or cannot differentiate, in the tfjs of this
 * program; once, however often it is called. Adds the kernels that its backend lacks for them. What takes gradients calls it first: the module's import
 * alone changes nothing.
 */
export function correctGradients(): void {
  addMissingKernels();
  const engine = tf.engine();
  if (corrected.has(engine)) return;
  corrected.add(engine);
  mendTape();
  for (
    const gradients of [
      convolution,
      elementwise,
      normalization,
      pooling,
      reductions,
      resizing,
      shapes,
    ]
  ) gradients.forEach(tf.registerGradient);
}
