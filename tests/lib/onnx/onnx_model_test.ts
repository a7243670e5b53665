/**
 * Networks as ONNX files: what ONNX Runtime makes of them, against PyTorch and the networks here.
 *
 * @module
 */
import "@tensorflow/tfjs";
import * as tf from "@tensorflow/tfjs-core";
import { assert, assertEquals, assertRejects } from "@std/assert";
import { ModelProto, type OnnxModel } from "../../../lib/onnx/format.ts";
import { onnxModel } from "../../../lib/onnx/onnx_model.ts";
import { isSgeKey, type Tensors } from "../../../lib/params.ts";
import { cifarResNet } from "../../../models/cifar_res_net.ts";
import { fold, foldedResNet } from "../../../models/folded_res_net.ts";
import type { Model } from "../../../models/model.ts";
import { resNet } from "../../../models/res_net.ts";
import type { SgeOptions } from "../../../models/spatial_group_enhance.ts";
import { vgg } from "../../../models/vgg.ts";
import { wideResNet } from "../../../models/wide_resnet.ts";
import { assertClose, readFixture, toTensors } from "../../parity.ts";
import { valuesOf } from "../../same.ts";
import { long } from "../../long.ts";
import { runOnnx } from "./runtime.ts";

tf.env().set("IS_NODE", false); // silences its advice to install tfjs-node
tf.setBackend("cpu");

const tolerance = { ofMax: 1e-5, atol: 1e-9 };
const tiny = { depth: 10, width: 0.25, numClasses: 3 };

function read(bytes: Uint8Array): OnnxModel {
  return ModelProto.toObject(ModelProto.decode(bytes), { longs: Number }) as OnnxModel;
}

function images(...shape: [number, number, number]): tf.Tensor4D {
  return tf.randomNormal([...shape, 3], 0, 1, "float32", 5);
}

// Made by PyTorch in float64; the images of the ResNets leave a row over at every stride.
for (
  const [file, mode] of [
    ["wide_resnet_10_1", "eval/"],
    ["wide_resnet_16_1", "eval/"],
    ["wide_resnet_sge", "eval/"],
    ["res_net_18", "eval/"],
    ["res_net_18_sge", "eval/"],
    ["res_net_50", "eval/"],
    ["res_net_50_sge", "eval/"],
    ["res_net_18_small", "eval/"],
    ["cifar_res_net_8", "eval/"],
    ["vgg_11", "eval/"],
    ["folded_res_net_18", ""],
  ] as const
) {
  Deno.test(`onnxModel() gives PyTorch's logits and groups in ONNX Runtime, ${file}`, async () => {
    const fixture = await readFixture(file);
    const bytes = await onnxModel(toTensors(fixture.under("params")), { groups: true });
    const { results: outputs } = await runOnnx(bytes, fixture.get("images"));
    assertClose(outputs.logits!, fixture.get(`${mode}logits`), tolerance, "logits");
    const prefix = `${mode}groups/`;
    for (const key of Object.keys(fixture.tensors).filter((key) => key.startsWith(prefix))) {
      const name = key.replace(prefix, "group");
      assertClose(outputs[name]!, fixture.get(key), tolerance, name);
    }
  });
}

/** Fails unless a model of the network gives the same as the network, for images of several sizes. */
async function assertSameOutputs(
  { f, init }: Model,
  sizes: [number, number, number][],
  sge?: SgeOptions,
): Promise<void> {
  const params = init(1);
  const model = await onnxModel(params, { sge, groups: true });
  for (const size of sizes) {
    const input = images(...size);
    const { results } = await runOnnx(model, valuesOf({ input }).input!);
    const { logits, groups } = f(input, params, "eval");
    const expected = { logits, ...Object.fromEntries(groups.map((x, i) => [`group${i}`, x])) };
    assertEquals(Object.keys(results), Object.keys(expected));
    for (const [name, value] of Object.entries(expected)) {
      assertClose(results[name]!, value, tolerance, `${name} of [${size}]`);
    }
  }
}

long.test("onnxModel() takes images of any number and size, WideResNet with SGE", async () => {
  const sge = { groups: 2, initWeight: 2 };
  const sizes: [number, number, number][] = [[1, 8, 8], [5, 9, 14], [2, 16, 7]];
  await assertSameOutputs(wideResNet({ ...tiny, sge }), sizes, sge);
});

Deno.test("onnxModel() takes images of any number and size, ResNet", async () => {
  const network = resNet({ depth: 34, width: 1 / 32, numClasses: 3 });
  await assertSameOutputs(network, [[1, 32, 32], [3, 45, 34]]);
});

Deno.test("onnxModel() takes images of any number and size, VGG", async () => {
  await assertSameOutputs(vgg({ depth: 8, width: 1 / 16, numClasses: 3 }), [[1, 32, 32], [
    2,
    9,
    22,
  ]]);
});

long.test("onnxModel() takes images of any number and size, CIFAR ResNet with SGE", async () => {
  const sge = { groups: 2, initWeight: 2 };
  const network = cifarResNet({ depth: 8, widths: [4, 4, 8, 10], numClasses: 3, sge });
  await assertSameOutputs(network, [[1, 8, 8], [2, 16, 7]], sge);
});

long.test("onnxModel() takes images of any number and size, folded bottlenecks", async () => {
  const params = fold(resNet({ depth: 50, width: 1 / 32, numClasses: 3 }).init(1));
  await assertSameOutputs(foldedResNet(params), [[1, 32, 32], [3, 45, 34]]);
});

Deno.test("onnxModel() leaves similarities as they are where SGE does not normalise", async () => {
  const sge = { groups: 4, initWeight: 2, normalize: false };
  await assertSameOutputs(wideResNet({ ...tiny, sge }), [[2, 8, 8]], sge);
});

Deno.test("onnxModel() writes sizes that are free, versions, metadata, and the parameters by their keys", async () => {
  const params = wideResNet(tiny).init(1);
  const model = read(await onnxModel(params, { groups: true, metadata: { network: "WRN" } }));
  assertEquals([model.irVersion, model.opsetImport[0]?.version], [8, 17]);
  assertEquals(model.metadataProps, [{ key: "network", value: "WRN" }]);
  const { graph } = model;
  const sizes = ({ input, output }: OnnxModel["graph"]) =>
    [...input, ...output].map(({ name, type }) => [
      name,
      ...type.tensorType.shape.dim.map((dim) => "dimParam" in dim ? dim.dimParam : dim.dimValue),
    ]);
  assertEquals(sizes(graph), [
    ["images", "N", 3, "H", "W"],
    ["logits", "N", 3],
    ["group0", "N", 4, "group0_H", "group0_W"],
    ["group1", "N", 8, "group1_H", "group1_W"],
    ["group2", "N", 16, "group2_H", "group2_W"],
  ]);
  const names = graph.initializer.map(({ name }) => name);
  assertEquals(names.toSorted(), Object.keys(params).toSorted());
  const conv = graph.initializer.find(({ name }) => name === "group0.block0.conv0");
  assertEquals(conv?.dims, [4, 16, 3, 3]);
  const known = new Set(["images", ...names]);
  for (const { name, input, output } of graph.node) {
    assert(input.every((value) => known.has(value)), `${name} comes before what it takes`);
    for (const value of output) {
      assert(!known.has(value), `there are two ${value}`);
      known.add(value);
    }
  }
});

Deno.test("onnxModel() gives the groups only where they are asked for", async () => {
  const params = resNet({ depth: 18, width: 1 / 32, numClasses: 3 }).init(1);
  for (const groups of [false, true]) {
    const outputs = ["logits", ...(groups ? [0, 1, 2, 3].map((i) => `group${i}`) : [])];
    const model = await onnxModel(params, { groups });
    const run = await runOnnx(model, valuesOf({ input: images(1, 64, 64) }).input!);
    assertEquals([run.inputs, run.outputs], [["images"], outputs]);
  }
});

Deno.test("onnxModel() refuses what are no parameters of a network known here", async () => {
  const params = wideResNet({ ...tiny, sge: { groups: 2 } }).init(1);
  const { "group1.block0.bn1.bias": bias, ...others } = params;
  const refused = (params: Tensors, message: string) =>
    assertRejects(() => onnxModel(params), TypeError, message);
  await refused(
    { weight: tf.zeros([2]) },
    "these are no parameters of a WideResNet, ResNet, VGG or",
  );
  await refused(others, "there is no parameter group1.block0.bn1.bias");
  const wrong = { ...others, "group1.block0.bn1.bias": tf.zeros([3]) };
  await refused(wrong, "group1.block0.bn1.bias is [3] and must be [8] here");
  await refused({ ...params, "fc.scale": bias! }, "the network has no fc.scale");
  const { "group1.block0.convdim": _, ...narrow } = params;
  await refused(narrow, "a sum of 8 and of 4 channels");
  const key = Object.keys(params).find(isSgeKey)!;
  const { [key]: __, ...without } = params;
  await assertRejects(() => onnxModel(without), TypeError);
});
