/**
 * Networks as ONNX files.
 *
 * The graphs are written here a second time, on `[N, C, H, W]` as in ONNX. The tests check that they
 * equal the networks in `models`. Tracing those networks would avoid this, but a trace only knows the
 * sizes it was made with. Reshapes, paddings and the number of positions in spatial group-wise enhance
 * would become constants, and so would the rows that a stride leaves over. So the file would only
 * accept one image size, and would contain TensorFlow's workarounds among its convolutions.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs-core";
import { cifarResNetOptions } from "../../models/cifar_res_net.ts";
import { foldedResNetOptions, guessFoldedResNet } from "../../models/folded_res_net.ts";
import { guessResNet, resNetOptions } from "../../models/res_net.ts";
import type { SgeOptions } from "../../models/spatial_group_enhance.ts";
import { guessVgg, vggOptions } from "../../models/vgg.ts";
import { guessWideResNet, wideResNetOptions } from "../../models/wide_resnet.ts";
import { permute, toPyTorch } from "../formats/decode.ts";
import { checkOptions, checkTensors } from "../arguments.ts";
import { printable } from "../errors.ts";
import { checkFiniteParams, type Tensors } from "../params.ts";
import { formatOnnx } from "./format.ts";
import type { Port } from "./graph_builder.ts";
import { type Activation, OnnxLayers, type Outputs, type Parameter } from "./layers.ts";
import { foldedResNetGraph, resNetGraph } from "./res_net.ts";
import { vggGraph } from "./vgg.ts";
import { wideResNetGraph } from "./wide_resnet.ts";

/** Options of {@link onnxModel}. */
export interface OnnxOptions {
  /** True if spatial group-wise enhance normalises; parameters do not show this. Default true. */
  sge?: Pick<SgeOptions, "normalize"> | undefined;
  /** True to also output the groups. Default false: extra outputs prevent op fusion in runtimes. */
  groups?: boolean | undefined;
  /** Texts to store in the file, such as the name of the normalisation. */
  metadata?: Readonly<Record<string, string>> | undefined;
}

/** The operator set version, from 2022. Newer ones take some of these attributes as inputs. */
const opset = 17;
/** The format version of that time. */
const irVersion = 8;
/** The limit of protocol buffer readers. */
const maxBytes = 2 ** 31 - 1;
const channels = 3;

/**
 * Converts parameters to an ONNX file of their network in eval mode.
 *
 * The input is `images`, float32 `[N, 3, H, W]`, normalised as in training. The output is `logits`,
 * float32 `[N, classes]`, and optionally the groups `group0`, `group1` and so on, `[N, C, H, W]`. N, H
 * and W can be anything that the network accepts. Parameters are named by their keys.
 *
 * @param params of a {@link wideResNet}, {@link cifarResNet}, {@link vgg}, {@link resNet} or
 * {@link foldedResNet}.
 * @returns the bytes of the file.
 * @throws {TypeError} If they match none of these: a parameter is missing, extra, or has a wrong shape.
 * @throws {UserError} If a parameter is not finite. The message names the first one.
 * @throws {RangeError} If they exceed 2 GB, the limit of such a file.
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
  params: Tensors,
  options: OnnxOptions = {},
): Promise<Uint8Array<ArrayBuffer>> {
  checkOptions("onnxModel", options, { sge: true, groups: true, metadata: true });
  checkTensors("the parameters", params);
  const { sge, groups = false, metadata = {} } = options;
  const add = networkOf(params);
  if (!add) throw new TypeError(unknown);
  await checkFiniteParams(params, "these parameters as an ONNX model");
  const layers = new OnnxLayers(await arraysOf(params), sge?.normalize ?? true);
  const images = { name: "images", shape: ["N", channels, "H", "W"], says: "normalised images" };
  const outputs = add(layers, { name: images.name, channels });
  const [unused] = layers.unused();
  if (unused !== undefined) {
    throw new TypeError(`Cannot make an ONNX model: the network has no ${printable(unused)}`);
  }
  // The graph accepts filters of any size, so first check that all keys and shapes match a network.
  const networks = [
    wideResNetOptions,
    resNetOptions,
    cifarResNetOptions,
    vggOptions,
    foldedResNetOptions,
  ];
  if (!networks.some((optionsOf) => optionsOf(params))) throw new TypeError(unknown);
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
  "Cannot make an ONNX model: these are no parameters of a WideResNet, ResNet, VGG or folded ResNet";

type NetworkGraph = (layers: OnnxLayers, images: Activation) => Outputs;

/** The graph for parameters similar to a network's. Building it checks all of them. */
function networkOf(params: Tensors): NetworkGraph | undefined {
  if (guessWideResNet(params)) return wideResNetGraph;
  if (guessVgg(params)) return vggGraph;
  if (guessResNet(params)) return resNetGraph;
  if (guessFoldedResNet(params)) return foldedResNetGraph;
  return undefined;
}

/** Parameters in the layout of PyTorch and ONNX. */
async function arraysOf(params: Tensors): Promise<Map<string, Parameter>> {
  const entries = Object.entries(params).map(async ([key, tensor]) =>
    [key, toParameter(tensor, new Float32Array(await tensor.data()))] as const
  );
  return new Map(await Promise.all(entries));
}

function toParameter({ rank, shape }: tf.Tensor, values: Float32Array): Parameter {
  return rank === 4 ? permute(values, shape, toPyTorch) : { values, shape };
}

/** The outputs of the graph, by the names of their values. */
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
      says:
        "the end of the group: the sum before batch norm and relu; for CIFAR's ResNets and VGG " +
        "after the relu",
    });
  }
  return ports;
}
