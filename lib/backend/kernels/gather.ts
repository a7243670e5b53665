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

/** In a trace, TensorFlow checks the indices each time the compiled function runs (but not on a GPU). */
export const gather: Guard = (params, run) => {
  const { x, indices } = params.inputs as Record<"x" | "indices", tf.TensorInfo>;
  const { axis: given, batchDims } = params.attrs as unknown as tf.GatherV2Attrs;
  const axis = given < 0 ? given + x.shape.length : given; // tfjs-node's check takes no other
  const backend = params.backend as Executor & Partial<TracingBackend>;
  if (!backend.tracing) return run({ ...params, attrs: { ...params.attrs, axis } });
  const attrs = [
    { name: "batch_dims", type: AttrType.int, value: batchDims },
    typeAttr("Tparams", DataType[x.dtype]),
    typeAttr("Tindices", DataType[indices.dtype]),
    typeAttr("Taxis", DataType.int32),
  ];
  return tf.tidy(() => {
    const inputs = [x, indices, tf.scalar(axis, "int32")];
    return backend.executeMultipleOutputs("GatherV2", attrs, inputs, 1)[0] as tf.Tensor;
  });
};
