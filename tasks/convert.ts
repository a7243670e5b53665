/**
 * `deno task convert IN OUT`: converts parameters to safetensors or an ONNX model.
 *
 * @module
 */
import { UserError } from "../lib/errors.ts";
import { exists, writeWhole } from "../lib/files.ts";
import { onnxModel } from "../lib/onnx/onnx_model.ts";
import { checkFiniteParams, countParameters, type Tensors } from "../lib/params.ts";
import { loadParamsAndMetadata, saveParamsAndMetadata } from "../lib/formats/weights.ts";
import { convertCommand, type ConvertOptions } from "./cli/convert_options.ts";
import { runCommand } from "./cli/main.ts";
import { startForParams } from "./cli/engine.ts";
import { loadNetwork, type Network, normalizations, placeAt } from "../lib/networks/network.ts";

if (import.meta.main) await runCommand(convertCommand, runConvert);

/** Writes the output that the options name. */
export async function runConvert(
  { input: place, output, groups, force }: ConvertOptions,
): Promise<void> {
  if (!force && await exists(output)) {
    throw new UserError(
      `Cannot write ${output}: it already exists; use --force to replace it, or another name`,
    );
  }
  await startForParams();
  const { path: input } = await placeAt(place);
  const written = output.endsWith(".onnx")
    ? await toOnnx(input, output, groups)
    : await toSafetensors(input, output);
  const megabytes = Number(((await Deno.stat(output)).size / 1e6).toPrecision(3));
  console.log(`${written}, ${megabytes} MB`);
}

async function toSafetensors(input: string, output: string): Promise<string> {
  const { params, metadata, note } = await loadParamsAndMetadata(input);
  if (note !== undefined) console.error(`note: ${input}: ${note}`);
  await checkFiniteParams(params, input);
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

/** What a program must know to prepare images for the network. */
function metadataOf({ name, normalization }: Network): Record<string, string> {
  const constants = normalization === undefined ? undefined : normalizations[normalization];
  const text = (values: readonly number[]) => values.map((x) => Number(x.toPrecision(7))).join();
  return {
    network: name,
    ...(normalization !== undefined && { normalization }),
    ...(constants && { pixel_mean: text(constants.mean), pixel_std: text(constants.std) }),
  };
}

function describe(params: Tensors): string {
  return `${countParameters(params)} parameters in ${Object.keys(params).length} arrays`;
}
