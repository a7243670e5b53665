/**
 * Makes a tensor for which there is no memory, and prints the error.
 *
 * @module
 */
import { openLibrary, TensorFlowError } from "../../../lib/tensorflow/library.ts";
import { DataType } from "../../../lib/tensorflow/data_types.ts";
import { newTensor } from "../../../lib/tensorflow/tensor_values.ts";
import { useTensorFlow } from "../../../lib/backend/use_tensorflow.ts";
import { limitMemory } from "../../processes.ts";

const library = openLibrary((await useTensorFlow({ gpu: false })).library);
const values = new Float32Array(1e8);
await limitMemory(Deno.pid, 2e8);
try {
  newTensor(library, DataType.float32, [1e4, 1e4], values);
} catch (error) {
  if (!(error instanceof TensorFlowError)) throw error;
  console.log(`${error.code}: ${error.message}`);
}
