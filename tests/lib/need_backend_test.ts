/** Tests of what comes before a backend is loaded. @module */
import * as tf from "@tensorflow/tfjs-core";
import { assertEquals, assertRejects } from "@std/assert";
import { UserError } from "../../lib/errors.ts";
import { loadParams } from "../../lib/formats/weights.ts";
import { toTensors } from "../../lib/train/device.ts";
import { wideResNet } from "../../models/wide_resnet.ts";

/** Runs a function as in a program that has not loaded a backend yet. */
async function before(f: () => unknown): Promise<void> {
  const engine = tf.engine();
  const { registryFactory } = engine;
  Object.assign(engine, { registryFactory: {} });
  try {
    await f();
  } finally {
    Object.assign(engine, { registryFactory });
  }
}

const batch = {
  images: new Float32Array(3),
  labels: Int32Array.of(0),
  shape: [1, 1, 1, 3] as [number, number, number, number],
};

for (
  const [what, make] of Object.entries({
    "initial parameters": () => wideResNet({ depth: 10, width: 1, numClasses: 10 }).init(0),
    "parameters": () => loadParams("pretrained/wrn_16_1/model.safetensors"),
    "a batch": () => toTensors(batch),
  })
) {
  Deno.test(`needBackend() refuses to make ${what} before a backend is loaded`, async () => {
    const error = await assertRejects(
      async () => await before(make),
      UserError,
      `Cannot make ${what}: no backend of tfjs is loaded; first call await useTensorFlow(), or import`,
    );
    assertEquals(error.code, "not-supported");
  });
}
