/**
 * Gathering with indices that are not known yet. tfjs-node's kernel would read them to check them.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { AttrType, typeAttr } from "../../tensorflow/attributes.ts";
import { DataType } from "../../tensorflow/data_types.ts";
import type { TracingBackend } from "../../jit/tracing_backend.ts";
import type { Executor, Guard } from "./kernel.ts";

const types: Readonly<Record<string, number>> = {
  bool: DataType.bool,
  complex64: DataType.complex64,
  float32: DataType.float32,
  int32: DataType.int32,
  string: DataType.string,
};

/** In a trace, TensorFlow checks the indices each time the compiled function runs (but not on a GPU). */
export const gather: Guard = (params, run) => {
  const { x, indices } = params.inputs as Record<"x" | "indices", tf.TensorInfo>;
  const { axis: given, batchDims } = params.attrs as unknown as tf.GatherV2Attrs;
  const axis = given < 0 ? given + x.shape.length : given; // tfjs-node's check takes no other
  const backend = params.backend as Executor & Partial<TracingBackend>;
  if (!backend.tracing) return run({ ...params, attrs: { ...params.attrs, axis } });
  const axisTensor = tf.scalar(axis, "int32");
  try {
    return backend.executeMultipleOutputs(
      "GatherV2",
      [
        { name: "batch_dims", type: AttrType.int, value: batchDims },
        typeAttr("Tparams", types[x.dtype] as number),
        typeAttr("Tindices", types[indices.dtype] as number),
        typeAttr("Taxis", DataType.int32),
      ],
      [x, indices, axisTensor],
      1,
    )[0] as tf.Tensor;
  } finally {
    axisTensor.dispose();
  }
};
