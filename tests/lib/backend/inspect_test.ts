/** Tests of lib/backend/inspect.ts. @module */
import * as tf from "@tensorflow/tfjs-core";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { UserError } from "../../../lib/errors.ts";
import { inspectTensorFlow } from "../../../lib/backend/inspect.ts";
import { useTensorFlow } from "../../../lib/backend/use_tensorflow.ts";

const before = assertThrows(inspectTensorFlow, UserError);
const { device } = await useTensorFlow({ gpu: false });

Deno.test("inspectTensorFlow() says that TensorFlow has not been started", () => {
  assert(before.message.includes("useTensorFlow() first"));
});

Deno.test("inspectTensorFlow() names the devices, and leaves no tensors behind", () => {
  const tensors = tf.memory().numTensors;
  const { devices } = inspectTensorFlow();
  assert(devices.includes("CPU:0"), devices.join());
  assertEquals(devices.some((name) => name.startsWith("GPU:")), device === "GPU");
  assertEquals(tf.memory().numTensors, tensors);
});
