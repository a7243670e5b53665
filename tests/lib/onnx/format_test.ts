/**
 * The bytes of ONNX files.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { formatOnnx } from "../../../lib/onnx/format.ts";
import { GraphBuilder } from "../../../lib/onnx/graph_builder.ts";

// Made with onnx 1.23.2:
//
//   info = lambda name, doc: h.make_tensor_value_info(name, TensorProto.FLOAT, ["N", 3], doc)
//   nodes = [
//       h.make_node("Softmax", ["x"], ["y"], name="Softmax_0", axis=-1),
//       h.make_node("ReduceMean", ["y"], ["z"], name="ReduceMean_1", axes=[1, -1], keepdims=1),
//       h.make_node("Elu", ["z"], ["w"], name="Elu_2", alpha=0.5),
//   ]
//   numbers = [
//       numpy_helper.from_array(np.array([1, -1], np.int64), "numbers"),
//       numpy_helper.from_array(np.float32(1.5), "scalar"),
//   ]
//   graph = h.make_graph(nodes, "network", [info("x", "in")], [info("w", "out")], numbers)
//   opset = h.make_opsetid("", 17)
//   model = h.make_model(
//       graph, opset_imports=[opset], ir_version=8, producer_name="attention-transfer"
//   )
//   h.set_model_props(model, {"network": "none"})
//   base64.b64encode(model.SerializeToString())
const madeByOnnx =
  "CAgSEmF0dGVudGlvbi10cmFuc2ZlcjqTAgowCgF4EgF5GglTb2Z0bWF4XzAiB1NvZnRtYXgqFAoEYXhpcxj///////////" +
  "8BoAECCkkKAXkSAXoaDFJlZHVjZU1lYW5fMSIKUmVkdWNlTWVhbioWCgRheGVzQAFA////////////AaABByoPCghrZWVw" +
  "ZGltcxgBoAECCiMKAXoSAXcaBUVsdV8yIgNFbHUqDwoFYWxwaGEVAAAAP6ABARIHbmV0d29yayofCAIQB0IHbnVtYmVyc0" +
  "oQAQAAAAAAAAD//////////yoQEAFCBnNjYWxhckoEAADAP1oYCgF4Eg8KDQgBEgkKAxIBTgoCCAMaAmluYhkKAXcSDwoN" +
  "CAESCQoDEgFOCgIIAxoDb3V0QgQKABARcg8KB25ldHdvcmsSBG5vbmU=";

Deno.test("formatOnnx() gives the bytes that the onnx package does", () => {
  const graph = new GraphBuilder();
  const softmax = graph.add("Softmax", ["x"], { axis: -1 });
  const mean = graph.add("ReduceMean", [softmax], { axes: [1, -1], keepdims: 1 });
  const elu = graph.add("Elu", [mean], { alpha: { float: 0.5 } });
  graph.numbers("numbers", { values: BigInt64Array.of(1n, -1n), shape: [2] });
  graph.numbers("scalar", { values: Float32Array.of(1.5), shape: [] });
  graph.numbers("scalar", { values: Float32Array.of(1.5), shape: [] }); // is written once
  const inputs = [{ name: "x", shape: ["N", 3], says: "in" }];
  const outputs = new Map([[elu, { name: "w", shape: ["N", 3], says: "out" }]]);
  const { node, ...rest } = graph.finish("network", inputs, outputs);
  const names: Record<string, string> = { [softmax]: "y", [mean]: "z" };
  const renamed = (values: string[]) => values.map((value) => names[value] ?? value);
  const bytes = formatOnnx({
    irVersion: 8,
    producerName: "attention-transfer",
    opsetImport: [{ domain: "", version: 17 }],
    graph: {
      ...rest,
      node: node.map((op) => ({ ...op, input: renamed(op.input), output: renamed(op.output) })),
    },
    metadataProps: [{ key: "network", value: "none" }],
  });
  const expected = Uint8Array.from(atob(madeByOnnx), (character) => character.charCodeAt(0));
  assertEquals(new Uint8Array(bytes), expected);
});
