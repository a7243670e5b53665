/**
 * `deno task convert IN OUT`: parameters of any kind that is read here, as safetensors or as an ONNX
 * model.
 *
 * @module
 */
import "@tensorflow/tfjs";
import * as tf from "@tensorflow/tfjs-core";
import { UserError } from "../lib/errors.ts";
import { exists, writeWhole } from "../lib/files.ts";
import { onnxModel } from "../lib/onnx/onnx_model.ts";
import { isTrainable, type Params } from "../lib/params.ts";
import { loadParamsAndMetadata, saveParamsAndMetadata } from "../lib/weights.ts";
import type { Command } from "./cli/help.ts";
import { runCommand } from "./cli/main.ts";
import { argument, flag, group, type OptionValues } from "./cli/option_kinds.ts";
import { UsageError } from "./cli/options.ts";
import { loadNetwork, type Network, normalizations } from "./network.ts";

const options = {
  ...group("Files", {
    input: argument({
      placeholder: "IN",
      help: "parameters: .safetensors, .pth, .pt, .pt7, .hkl or .h5",
    }),
    output: argument({
      placeholder: "OUT",
      help: "what to write: .safetensors, or .onnx for a network that is known here",
    }),
    groups: flag({ help: "of .onnx: the groups as further outputs, for maps of attention" }),
    force: flag({ help: "replace OUT where it is there already" }),
  }),
};

const command: Command<typeof options> = {
  name: "convert",
  summary:
    "Writes parameters as safetensors, or with their network as an ONNX model: from images " +
    "[N, 3, H, W], normalised as for training, to logits. Sizes and number of the images are free.",
  options,
  check: ({ output, groups }) => {
    if (!output.endsWith(".onnx") && !output.endsWith(".safetensors")) {
      throw new UsageError(`Cannot write ${output}: the name must end in .safetensors or .onnx`);
    }
    if (groups && !output.endsWith(".onnx")) {
      throw new UsageError(`--groups has no effect on ${output}: only .onnx has outputs`);
    }
  },
  examples: [
    "deno task convert resnet-34-export.hkl resnet-34.safetensors",
    "deno task convert logs/at_16_1_16_2/model.safetensors wrn_16_1.onnx --groups",
  ],
};

async function convert({ input, output, groups, force }: OptionValues<typeof options>) {
  if (!force && await exists(output)) {
    throw new UserError(
      `Cannot write ${output}: it is there already; use --force to replace it, or another name`,
    );
  }
  tf.env().set("IS_NODE", false); // else tfjs gives advice that is of no use here
  tf.setBackend("cpu");
  const written = output.endsWith(".onnx")
    ? await toOnnx(input, output, groups)
    : await toSafetensors(input, output);
  const megabytes = Number(((await Deno.stat(output)).size / 1e6).toPrecision(3));
  console.log(`${written}, ${megabytes} MB`);
}

async function toSafetensors(input: string, output: string): Promise<string> {
  const { params, metadata } = await loadParamsAndMetadata(input);
  await saveParamsAndMetadata(output, params, metadata);
  return `${input} (${describe(params)}) -> ${output}`;
}

async function toOnnx(input: string, output: string, groups: boolean): Promise<string> {
  const network = await loadNetwork(input);
  const { params, sge, name } = network;
  await writeWhole(output, await onnxModel(params, { sge, groups, metadata: metadataOf(network) }));
  const outputs = groups ? "logits and groups" : "logits";
  return `${input} (${name}, ${describe(params)}) -> ${output}: images [N, 3, H, W] to ${outputs}`;
}

/** What a program needs to know that prepares images for the network. */
function metadataOf({ name, normalization }: Network): Record<string, string> {
  const constants = normalization === undefined ? undefined : normalizations[normalization];
  const text = (values: readonly number[]) => values.map((x) => Number(x.toPrecision(7))).join();
  return {
    network: name,
    ...(normalization !== undefined && { normalization }),
    ...(constants && { pixel_mean: text(constants.mean), pixel_std: text(constants.std) }),
  };
}

function describe(params: Params): string {
  const trainable = Object.entries(params).filter(([key]) => isTrainable(key));
  const parameters = trainable.reduce((sum, [, { size }]) => sum + size, 0);
  return `${parameters} parameters in ${Object.keys(params).length} arrays`;
}

await runCommand(command, convert);
