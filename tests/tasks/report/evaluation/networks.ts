/**
 * Small networks, and images of the sample, to compare.
 *
 * @module
 */
import { join } from "@std/path";
import * as tf from "@tensorflow/tfjs-core";
import { loadCifar } from "../../../../lib/data/cifar.ts";
import { saveNetwork } from "../../../../lib/networks/network.ts";
import type { Tensors } from "../../../../lib/params.ts";
import { resNet } from "../../../../models/res_net.ts";
import { wideResNet } from "../../../../models/wide_resnet.ts";
import { imagesOfSet, type TestImages } from "../../../../tasks/report/evaluation/test_images.ts";

/** How a network differs. */
export interface SmallNetwork {
  seed?: number;
  width?: number;
  numClasses?: number;
  normalization?: string;
  /** Changes its parameters before they are saved. */
  change?: (params: Tensors) => Record<string, tf.Tensor>;
}

/** Saves an untrained WideResNet as a run folder, and returns its path. */
export async function makeRun(
  folder: string,
  name: string,
  { seed = 1, width = 0.25, numClasses = 10, normalization = "paper", change }: SmallNetwork = {},
): Promise<string> {
  const path = join(folder, name);
  await Deno.mkdir(path, { recursive: true });
  const params = wideResNet({ depth: 10, width, numClasses }).init(seed);
  await saveNetwork(
    join(path, "model.safetensors"),
    { ...params, ...change?.(params) },
    { normalization },
  );
  return path;
}

/** The first test images of the sample, in batches of 4. */
export async function sampleImages(first: number): Promise<TestImages> {
  const { test } = await loadCifar({ dataset: "CIFAR10-sample" });
  return imagesOfSet(test, { dataset: "CIFAR10-sample", first, batchSize: 4 });
}

/** A network whose last attention map overflows, though its logits are all 0. */
export const overflowingMaps: SmallNetwork = {
  change: (params) => {
    const key = "group2.block0.conv1";
    return {
      [key]: tf.mul(params[key]!, 1e30),
      "fc.weight": tf.zerosLike(params["fc.weight"]!),
    };
  },
};

/** Saves an untrained ResNet for ten classes, which has four groups. */
export async function makeResNet(folder: string, name: string): Promise<string> {
  const path = join(folder, name);
  await Deno.mkdir(path);
  const params = resNet({ depth: 18, width: 0.125, numClasses: 10 }).init(1);
  await saveNetwork(join(path, "model.safetensors"), params, { normalization: "paper" });
  return path;
}
