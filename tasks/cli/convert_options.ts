/**
 * The command line of `deno task convert`.
 *
 * @module
 */
import { reads, writesFile } from "./access.ts";
import type { Command } from "./help.ts";
import { argument, flag, group, type OptionValues } from "./option_kinds.ts";
import { UsageError } from "./usage_error.ts";

const convertOptions = group("Files", {
  input: argument({
    placeholder: "IN",
    access: reads,
    help: "file of parameters (.safetensors, .pth, .pt, .pt7, .hkl or .h5) or run folder",
  }),
  output: argument({
    placeholder: "OUT",
    access: writesFile,
    help: "file to write: .safetensors, or .onnx if the network is known",
  }),
  groups: flag({ help: "add the groups to the outputs of the ONNX model, for attention maps" }),
  force: flag({ help: "overwrite OUT if it exists" }),
});

export type ConvertOptions = OptionValues<typeof convertOptions>;

export const convertCommand: Command<typeof convertOptions> = {
  name: "convert",
  summary: "Converts parameters to safetensors, or a network to an ONNX model. The model " +
    "takes images [N, 3, H, W] of any number and size, normalised as in training, and gives logits.",
  options: convertOptions,
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
