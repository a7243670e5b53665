/**
 * Tests of what a prediction is made from: options, network, numbers of workers.
 *
 * @module
 */
import "@tensorflow/tfjs";
import * as tf from "@tensorflow/tfjs-core";
import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { wideResNet } from "../../../models/wide_resnet.ts";
import { parseOptions } from "../../../tasks/cli/options.ts";
import { scaleCommand, type ScaleOptions } from "../../../tasks/cli/scale_options.ts";
import { UsageError } from "../../../tasks/cli/usage_error.ts";
import { exchangedBytes, readInputs, workerCounts } from "../../../tasks/scale/inputs.ts";

tf.env().set("IS_NODE", false); // no advice to install tfjs-node
tf.setBackend("cpu");

function read(...args: string[]): ScaleOptions {
  return parseOptions(scaleCommand.options, args);
}

Deno.test("readInputs() takes the setting from the options", async () => {
  const { setting, exchanged } = await readInputs(
    read("--step-ms", "900", "--batch", "64", "--gradient-mb", "46.8", "--total-batch", "256"),
  );
  assertEquals(exchanged, "--gradient-mb");
  assertEquals(setting, {
    stepMs: 900,
    batch: 64,
    totalBatch: 256,
    fixedMs: 0,
    bytes: 46.8e6,
    bandwidthGbps: 10,
    latencyUs: 50,
    overlap: 0,
  });
});

Deno.test("readInputs() refuses a fixed part that is longer than the step", async () => {
  const args = ["--step-ms", "9.87654321", "--gradient-mb", "1", "--total-batch", "8"];
  await readInputs(read(...args, "--fixed-ms", "9.8"));
  await assertRejects(
    () => readInputs(read(...args, "--fixed-ms", "9.9")),
    UsageError,
    "--fixed-ms must be at most the measured step, 9.877 ms, not 9.9",
  );
});

Deno.test("exchangedBytes() counts what a network's init() makes, 4 bytes each", () => {
  for (const [depth, width] of [[10, 0.5], [16, 1], [16, 2]] as const) {
    const options = { depth, width, numClasses: 10 };
    const params = Object.values(wideResNet(options).init(0));
    assertEquals(exchangedBytes(options), 4 * params.reduce((sum, { size }) => sum + size, 0));
  }
});

Deno.test("workerCounts() doubles up to one number, and takes a list as it is", () => {
  const doublings = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024];
  assertEquals(workerCounts({}, []), doublings);
  assertEquals(workerCounts({ workers: [1] }, []), [1]);
  assertEquals(workerCounts({ workers: [8] }, []), [1, 2, 4, 8]);
  assertEquals(workerCounts({ workers: [6] }, []), [1, 2, 4, 6]);
  assertEquals(workerCounts({ workers: [5, 2, 5] }, []), [2, 5]);
});

Deno.test("workerCounts() adds the numbers that were measured", () => {
  assertEquals(workerCounts({ workers: [4] }, [3, 2]), [1, 2, 3, 4]);
});

Deno.test("workerCounts() gives each worker an image", () => {
  assertEquals(workerCounts({ totalBatch: 6 }, []), [1, 2, 4, 6]);
  const message = "Cannot share --total-batch 6 among 8 workers: each needs an image";
  for (const [workers, measured] of [[8, []], [2, [8]]] as const) {
    assertThrows(
      () => workerCounts({ workers: [workers], totalBatch: 6 }, measured),
      UsageError,
      message,
    );
  }
});
