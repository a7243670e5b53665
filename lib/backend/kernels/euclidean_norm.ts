/**
 * The norm along an axis in one pass.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { AttrType, typeAttr } from "../../tensorflow/attributes.ts";
import { DataType } from "../../tensorflow/data_types.ts";
import { kernelOf } from "./kernel.ts";

/** Input: x. Attribute: axis. Output: the norm along that axis, in one pass. */
const euclideanNorm = kernelOf(
  "EuclideanNorm",
  ["x"],
  () => [
    typeAttr("T", DataType.float32),
    typeAttr("Tidx", DataType.int32),
    { name: "keep_dims", type: AttrType.bool, value: false },
  ],
  1,
  (attrs) => [tf.tensor1d([attrs?.axis as number], "int32")],
);

export const kernels: tf.KernelConfig[] = [euclideanNorm];
