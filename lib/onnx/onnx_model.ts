/**
 * Networks as ONNX files.
 *
 * The graphs are written here a second time, on `[N, C, H, W]` as ONNX has it, and the tests hold them
 * equal to the networks in `models`. A trace of those would need no second description, but a trace
 * knows only the sizes that it was made with: reshapes and paddings, the positions that spatial
 * group-wise enhance counts, and whether a stride leaves a row over would be constants of the file. So
 * it would take images of one size, and among its convolutions would stand what TensorFlow needs.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs-core";
import { foldedResNetOptions, guessFoldedResNet } from "../../models/folded_res_net.ts";
import { guessResNet, resNetOptions } from "../../models/res_net.ts";
import type { SgeOptions } from "../../models/spatial_group_enhance.ts";
import { guessWideResNet, wideResNetOptions } from "../../models/wide_resnet.ts";
import { permute, toPyTorch } from "../formats/decode.ts";
import { checkOptions, checkTensors } from "../arguments.ts";
import { checkFiniteParams, type Params } from "../params.ts";
import { formatOnnx } from "./format.ts";
import type { Port } from "./graph_builder.ts";
import { type Activation, OnnxLayers, type Outputs, type Parameter } from "./layers.ts";
import { foldedResNetGraph, resNetGraph } from "./res_net.ts";
import { wideResNetGraph } from "./wide_resnet.ts";

/** Options of {@link onnxModel}. */
export interface OnnxOptions {
  /** What the parameters do not tell of spatial group-wise enhance: whether it normalises. Default true. */
  sge?: Pick<SgeOptions, "normalize"> | undefined;
  /** Whether the groups are outputs too. Default false: an output keeps a runtime from fusing ops. */
  groups?: boolean | undefined;
  /** Texts that go into the file, such as what the images are normalised by. */
  metadata?: Readonly<Record<string, string>> | undefined;
}

/** The version of the operators, of 2022: newer ones take what are attributes here as inputs. */
const opset = 17;
/** The version of the format that came with it. */
const irVersion = 8;
/** What readers of protocol buffers take. */
const maxBytes = 2 ** 31 - 1;
const channels = 3;

/**
 * The network of these parameters in eval mode as an ONNX file.
 *
 * Its input is `images`, float32 `[N, 3, H, W]`, normalised as for training; its output `logits`,
 * float32 `[N, classes]`, and on request the groups, `group0`, `group1` and so on, `[N, C, H, W]`. N, H
 * and W may be anything that the network takes. Parameters have their keys as names.
 *
 * @param params of a {@link wideResNet}, a {@link resNet} or a {@link foldedResNet}.
 * @returns the bytes of the file.
 * @throws {TypeError} If they are those of none of these networks, or one is missing, too many, or of
 * a shape that does not fit.
 * @throws {UserError} If a parameter is not finite: the first one is named.
 * @throws {RangeError} If they have more than 2 GB, the most that such a file can hold.
 *
 * @example
 * ```ts
 * import "@tensorflow/tfjs";
 * import { onnxModel, wideResNet } from "@attention-transfer/core";
 *
 * const params = wideResNet({ depth: 10, width: 1, numClasses: 10 }).init(0);
 * const path = await Deno.makeTempFile({ suffix: ".onnx" });
 * await Deno.writeFile(path, await onnxModel(params, { groups: true }));
 * ```
 */
export async function onnxModel(
  params: Params,
  options: OnnxOptions = {},
): Promise<Uint8Array<ArrayBuffer>> {
  checkOptions("onnxModel", options, { sge: true, groups: true, metadata: true });
  checkTensors("the parameters", params);
  const { sge, groups = false, metadata = {} } = options;
  const add = networkOf(params);
  if (!add) throw new TypeError(unknown);
  await checkFiniteParams(params, "these parameters as an ONNX model");
  const layers = new OnnxLayers(await arraysOf(params));
  const images = { name: "images", shape: ["N", channels, "H", "W"], says: "normalised images" };
  const outputs = add(layers, { name: images.name, channels }, sge?.normalize ?? true);
  const [unused] = layers.unused();
  if (unused !== undefined) {
    throw new TypeError(`Cannot make an ONNX model: the network has no ${unused}`);
  }
  // The graph takes filters of any size: all keys and shapes must be those of a network.
  const known = wideResNetOptions(params) ?? resNetOptions(params) ?? foldedResNetOptions(params);
  if (!known) throw new TypeError(unknown);
  const bytes = formatOnnx({
    irVersion,
    opsetImport: [{ domain: "", version: opset }],
    producerName: "attention-transfer",
    graph: layers.graph.finish("network", [images], portsOf(outputs, groups)),
    metadataProps: Object.entries(metadata).map(([key, value]) => ({ key, value })),
  });
  if (bytes.byteLength > maxBytes) {
    throw new RangeError(
      `Cannot make an ONNX model of ${bytes.byteLength} bytes: the format has room for ${maxBytes}`,
    );
  }
  return bytes;
}

const unknown =
  "Cannot make an ONNX model: these are no parameters of a WideResNet, ResNet or folded ResNet";

type NetworkGraph = (layers: OnnxLayers, images: Activation, normalize: boolean) => Outputs;

/** The graph of what the parameters are like; that they are all right is checked where it is made. */
function networkOf(params: Params): NetworkGraph | undefined {
  if (guessWideResNet(params)) return wideResNetGraph;
  if (guessResNet(params)) return resNetGraph;
  if (guessFoldedResNet(params)) return foldedResNetGraph;
  return undefined;
}

/** Parameters in PyTorch's layout, which is ONNX's. */
async function arraysOf(params: Params): Promise<Map<string, Parameter>> {
  const entries = Object.entries(params).map(async ([key, tensor]) =>
    [key, toParameter(tensor, new Float32Array(await tensor.data()))] as const
  );
  return new Map(await Promise.all(entries));
}

function toParameter({ rank, shape }: tf.Tensor, values: Float32Array): Parameter {
  return rank === 4 ? permute(values, shape, toPyTorch) : { values, shape };
}

/** What the graph gives, by the values that it has. */
function portsOf({ logits, groups }: Outputs, withGroups: boolean): Map<string, Port> {
  const ports = new Map<string, Port>();
  ports.set(logits.name, {
    name: "logits",
    shape: ["N", logits.channels],
    says: "one for each class, before any softmax",
  });
  for (const [i, { name, channels }] of withGroups ? groups.entries() : []) {
    ports.set(name, {
      name: `group${i}`,
      shape: ["N", channels, `group${i}_H`, `group${i}_W`],
      says: "the sum at the end of the group, before batch norm and relu",
    });
  }
  return ports;
}
