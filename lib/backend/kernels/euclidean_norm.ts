/**
 * The norm along an axis in one pass.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { AttrType, typeAttr } from "../../tensorflow/attributes.ts";
import { DataType } from "../../tensorflow/data_types.ts";
import { backendName, type Executor } from "./kernel.ts";

/** Input: x. Attribute: axis. Output: the norm along that axis, in one pass. */
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

export const kernels: tf.KernelConfig[] = [euclideanNorm];
