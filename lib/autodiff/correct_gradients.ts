/**
 * Makes tfjs's gradients correct and differentiable again, on every backend.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { basic, matMul } from "./basic.ts";
import { convolution } from "./convolution.ts";
import { elementwise } from "./elementwise.ts";
import { completeKernels } from "./missing_kernels.ts";
import { normalization } from "./normalization.ts";
import { pooling } from "./pooling.ts";
import { reductions } from "./reductions.ts";
import { resizing } from "./resizing.ts";
import { shapes } from "./shapes.ts";
import { mendTape } from "./tape.ts";

const mended = new WeakSet<object>();

/**
 * Corrects the gradients that are wrong or not differentiable in this program's tfjs (4.22), and adds
 * those of basic ops that nothing has registered; and adds the kernels that its backend lacks. Does so
 * again after `@tensorflow/tfjs` was loaded, which registers its own gradients in place of these.
 * Everything that computes gradients calls it first, because importing the module has no side effects.
 */
export function correctGradients(): void {
  completeKernels();
  const engine = tf.engine();
  if (!mended.has(engine)) mendTape();
  mended.add(engine);
  if (tf.getGradient(matMul.kernelName) === matMul) return;
  for (const config of basic) {
    if (!tf.getGradient(config.kernelName)) tf.registerGradient(config);
  }
  const corrections = [
    convolution,
    elementwise,
    normalization,
    pooling,
    reductions,
    resizing,
    shapes,
  ];
  [matMul, ...corrections.flat()].forEach(tf.registerGradient);
}
