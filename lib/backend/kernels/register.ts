/**
 * Registers fused kernels with tfjs. tfjs has no names for them, so they have TensorFlow's names.
 * Models check whether a kernel exists (`tf.getKernel`), and otherwise compose it from plain ops.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { correctGradients } from "../../autodiff/correct_gradients.ts";
import * as allReduce from "./all_reduce.ts";
import * as batchNorm from "./batch_norm.ts";
import * as crossEntropy from "./cross_entropy.ts";
import * as euclideanNorm from "./euclidean_norm.ts";
import { guardKernels } from "./guards.ts";
import * as maxPool from "./max_pool.ts";
import * as relu from "./relu.ts";

/** Registers the fused kernels and the better gradients, and guards all kernels. */
export function registerKernels(): void {
  correctGradients(); // first, because the gradients of the kernels replace some of these
  for (const { kernels } of [allReduce, batchNorm, crossEntropy, euclideanNorm, maxPool, relu]) {
    kernels.forEach(tf.registerKernel);
  }
  for (const { gradients } of [batchNorm, crossEntropy, relu]) {
    gradients.forEach(tf.registerGradient);
  }
  guardKernels();
}
