/**
 * Fused kernels that tfjs has no names for, registered with tfjs under TensorFlow's names. A model
 * asks tfjs whether a kernel is there (`tf.getKernel`) and composes the same from plain ops
 * where it is not.
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

/** Makes the fused kernels known to tfjs, and the better gradients; and guards all kernels. */
export function registerKernels(): void {
  correctGradients(); // the kernels' own gradients take the place of some of these
  for (const { kernels } of [allReduce, batchNorm, crossEntropy, euclideanNorm, maxPool, relu]) {
    kernels.forEach(tf.registerKernel);
  }
  for (const { gradients } of [batchNorm, crossEntropy, relu]) {
    gradients.forEach(tf.registerGradient);
  }
  guardKernels();
}
