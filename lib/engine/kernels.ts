/**
 * Fused kernels that tfjs has no names for, registered with tfjs under TensorFlow's names. A model
 * asks tfjs whether a kernel is there (`tf.getKernel`) and composes the same from plain ops
 * where it is not.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { AttrType, type OpAttr, typeAttr } from "./attributes.ts";
import { DataType } from "./data_types.ts";

/** What a kernel asks of tfjs-node's backend: to run an op. */
export interface Executor {
  executeMultipleOutputs(
    op: string,
    attrs: OpAttr[],
    inputs: tf.TensorInfo[],
    outputs: number,
  ): tf.Tensor[];
}

const backendName = "tensorflow";

/** A kernel that only hands its inputs to the op of the same name. */
function kernelOf(
  op: string,
  names: readonly string[],
  attrsOf: (attrs: tf.NamedAttrMap | undefined) => OpAttr[],
  outputs: number,
): tf.KernelConfig {
  return {
    kernelName: op,
    backendName,
    kernelFunc: ({ inputs, attrs, backend }) => {
      const tensors = names.map((name) => inputs[name] as tf.TensorInfo);
      const results = (backend as Executor)
        .executeMultipleOutputs(op, attrsOf(attrs), tensors, outputs);
      return outputs === 1 ? results[0] as tf.Tensor : results;
    },
  };
}

function batchNormAttrs(epsilon: number): OpAttr[] {
  return [
    typeAttr("T", DataType.float32),
    typeAttr("U", DataType.float32),
    { name: "epsilon", type: AttrType.float, value: epsilon },
    { name: "data_format", type: AttrType.string, value: "NHWC" },
    { name: "is_training", type: AttrType.bool, value: true },
  ];
}

/** Inputs x, scale, offset; outputs y, batch mean, unbiased batch variance, and three for the gradient. */
const batchNorm: tf.KernelConfig = {
  kernelName: "FusedBatchNormV3",
  backendName,
  kernelFunc: ({ inputs, attrs, backend }) => {
    const empty = tf.zeros([0]); // the running statistics, which the op needs only to update them
    try {
      return (backend as Executor).executeMultipleOutputs(
        "FusedBatchNormV3",
        batchNormAttrs(attrs?.epsilon as number),
        [inputs.x, inputs.scale, inputs.offset, empty, empty] as tf.TensorInfo[],
        6,
      );
    } finally {
      empty.dispose();
    }
  },
};

const batchNormGrad = kernelOf(
  "FusedBatchNormGradV3",
  ["dy", "x", "scale", "reserve1", "reserve2", "reserve3"],
  (attrs) => batchNormAttrs(attrs?.epsilon as number),
  3,
);

const batchNormGradient: tf.GradConfig = {
  kernelName: "FusedBatchNormV3",
  inputsToSave: ["x", "scale"],
  outputsToSave: [false, false, false, true, true, true],
  gradFunc: (dys, saved, attrs) => {
    const [x, scale, reserve1, reserve2, reserve3] = saved;
    const [dy] = dys as tf.Tensor[];
    const [dx, dscale, doffset] = tf.engine().runKernel(
      "FusedBatchNormGradV3",
      { dy, x, scale, reserve1, reserve2, reserve3 } as tf.NamedTensorMap,
      attrs,
    ) as tf.Tensor[];
    return {
      x: () => dx as tf.Tensor,
      scale: () => dscale as tf.Tensor,
      offset: () => doffset as tf.Tensor,
    };
  },
};

/** Inputs logits [N, C], labels int32 [N]; output the loss of each example. Checks the labels. */
const sparseCrossEntropy = kernelOf(
  "SparseSoftmaxCrossEntropyWithLogits",
  ["logits", "labels"],
  () => [typeAttr("T", DataType.float32), typeAttr("Tlabels", DataType.int32)],
  1, // its second, the gradient, is composed below, so that it can be differentiated again
);

const sparseCrossEntropyGradient: tf.GradConfig = {
  kernelName: "SparseSoftmaxCrossEntropyWithLogits",
  inputsToSave: ["logits", "labels"],
  gradFunc: (dy, saved) => {
    const [logits, labels] = saved as [tf.Tensor2D, tf.Tensor1D];
    return {
      logits: () => {
        const target = tf.oneHot(labels, logits.shape[1], 1, 0, "float32");
        return tf.mul(tf.sub(tf.softmax(logits), target), tf.expandDims(dy as tf.Tensor1D, 1));
      },
    };
  },
};

/** Input x, attribute axis; output the norm along that axis, read in one pass. */
const euclideanNorm: tf.KernelConfig = {
  kernelName: "EuclideanNorm",
  backendName,
  kernelFunc: ({ inputs, attrs, backend }) => {
    const axis = tf.tensor1d([attrs?.axis as number], "int32");
    try {
      return (backend as Executor).executeMultipleOutputs(
        "EuclideanNorm",
        [
          typeAttr("T", DataType.float32),
          typeAttr("Tidx", DataType.int32),
          { name: "keep_dims", type: AttrType.bool, value: false },
        ],
        [inputs.x as tf.TensorInfo, axis],
        1,
      )[0] as tf.Tensor;
    } finally {
      axis.dispose();
    }
  },
};

/** Inputs dy, and the relu's output (or input) as features. */
const reluGrad = kernelOf(
  "ReluGrad",
  ["dy", "features"],
  () => [typeAttr("T", DataType.float32)],
  1,
);

const reluGradGradient: tf.GradConfig = {
  kernelName: "ReluGrad",
  inputsToSave: ["features"],
  gradFunc: (ddy, saved) => {
    const [features] = saved as [tf.Tensor];
    return {
      dy: () => tf.engine().runKernel("ReluGrad", { dy: ddy as tf.Tensor, features }),
      features: () => tf.zerosLike(features),
    };
  },
};

/**
 * In place of tfjs's own gradient of relu, which takes seven passes over the activation. From the
 * output, so that the input's memory can be used again at once.
 */
const reluGradient: tf.GradConfig = {
  kernelName: "Relu",
  outputsToSave: [true],
  gradFunc: (dy, saved) => {
    const [features] = saved as [tf.Tensor];
    return {
      x: () =>
        tf.getKernel("ReluGrad", tf.getBackend())
          ? tf.engine().runKernel("ReluGrad", { dy: dy as tf.Tensor, features })
          : tf.mul(dy as tf.Tensor, tf.step(features)),
    };
  },
};

/** Makes the fused kernels known to tfjs, and the better gradients. */
export function registerFusedKernels(): void {
  [batchNorm, batchNormGrad, sparseCrossEntropy, euclideanNorm, reluGrad].forEach(
    tf.registerKernel,
  );
  [batchNormGradient, sparseCrossEntropyGradient, reluGradient, reluGradGradient]
    .forEach(tf.registerGradient);
}
