/**
 * Small, untrained networks to show.
 *
 * @module
 */
import { join } from "@std/path";
import { saveNetwork } from "../../../lib/networks/network.ts";
import { resNet } from "../../../models/res_net.ts";
import { wideResNet } from "../../../models/wide_resnet.ts";

/** Saves a WideResNet with spatial group-wise enhance that does not normalise, for CIFAR. */
export async function saveWideResNet(
  folder: string,
  { name = "wide.safetensors", numClasses = 10 } = {},
): Promise<string> {
  const sge = { groups: 4, normalize: false };
  const { init } = wideResNet({ depth: 10, width: 0.25, numClasses, sge });
  const path = join(folder, name);
  await saveNetwork(path, init(1), { sge, normalization: "paper" });
  return path;
}

/** Saves a ResNet for three classes, which does not say its normalisation. */
export async function saveResNet(folder: string): Promise<string> {
  const path = join(folder, "plain.safetensors");
  await saveNetwork(path, resNet({ depth: 18, width: 0.125, numClasses: 3 }).init(1), {});
  return path;
}
