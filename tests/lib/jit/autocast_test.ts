/**
 * The pass that lets convolutions compute in bfloat16.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { assert, assertAlmostEquals, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { typeAttr } from "../../../lib/tensorflow/attributes.ts";
import { autocast } from "../../../lib/jit/autocast.ts";
import { DataType } from "../../../lib/tensorflow/data_types.ts";
import { jit, type Precision } from "../../../lib/jit/jit.ts";
import { inPrecision } from "../../../lib/jit/precision.ts";
import type { Node } from "../../../lib/jit/trace.ts";
import { useTensorFlow } from "../../../lib/backend/use_tensorflow.ts";
import { crossEntropy } from "../../../lib/losses/cross_entropy.ts";
import { filterParams, isTrainable, type Tensors } from "../../../lib/params.ts";
import { valueAndGradients } from "../../../lib/train/gradients.ts";
import { wideResNet } from "../../../models/wide_resnet.ts";
import { narrows } from "./narrows.ts";
import { node as plainNode } from "./nodes.ts";

await useTensorFlow({ gpu: false });

function node(op: string, inputs: number[] = [], outputs = 1): Node {
  const attrs = [typeAttr("T", DataType.float32)];
  return { ...plainNode(op, inputs, outputs), attrs, precision: "bfloat16" };
}

/** The nodes after the pass: `Relu(3) bfloat16`. */
function cast(nodes: Node[], outputs: number[]): string[] {
  const trace = autocast({
    nodes,
    inputs: [0],
    outputs: outputs.map((node) => ({ node, output: 0 })),
  });
  const type = (dtype: number | undefined) => dtype === DataType.bfloat16 ? "bfloat16" : "float32";
  return [
    ...trace.nodes.map(({ op, inputs, outputs }) =>
      `${op}(${inputs.map(({ node }) => node)}) ${type(outputs[0]?.dtype)}`
    ),
    `return ${trace.outputs.map(({ node }) => node)}`,
  ];
}

Deno.test("autocast() casts what a convolution takes, and gives float32 back", () => {
  assertEquals(cast([node("X"), node("W"), node("Conv2D", [0, 1])], [2]), [
    "X() float32",
    "W() float32",
    "Cast(0) bfloat16",
    "Cast(1) bfloat16",
    "Conv2D(2,3) bfloat16",
    "Cast(4) float32",
    "return 5",
  ]);
});

Deno.test("autocast() casts a value once, and leaves alone what no convolution comes before", () => {
  const nodes = [node("X"), node("Conv2D", [0, 0]), node("Conv2D", [0, 1]), node("Relu", [0])];
  assertEquals(cast(nodes, [2, 3]), [
    "X() float32",
    "Cast(0) bfloat16",
    "Conv2D(1,1) bfloat16",
    "Conv2D(1,2) bfloat16",
    "Relu(0) float32",
    "Cast(3) float32",
    "return 5,4",
  ]);
});

Deno.test("autocast() lets relus and sums follow a convolution, and means not", () => {
  const nodes = [
    ...[node("X"), node("Conv2D", [0, 0]), node("Relu", [1]), node("Add", [2, 0])],
    ...[node("Mean", [3]), node("Square", [3])],
  ];
  assertEquals(cast(nodes, [4, 5]).slice(2), [
    "Conv2D(1,1) bfloat16",
    "Relu(2) bfloat16",
    "Add(3,1) bfloat16",
    "Cast(4) float32",
    "Mean(5) float32",
    "Square(5) float32",
    "return 6,7",
  ]);
});

Deno.test("autocast() keeps a batch norm's statistics in float32", () => {
  const norm = node("FusedBatchNormV3", [1, 0, 0, 0, 0], 6);
  const trace = autocast({
    nodes: [node("X"), node("Conv2D", [0, 0]), norm],
    inputs: [0],
    outputs: [{ node: 2, output: 1 }],
  });
  const { attrs, inputs, outputs } = trace.nodes[3] as Node;
  assertEquals(attrs.find(({ name }) => name === "T")?.value, DataType.bfloat16);
  assertEquals(inputs.map(({ node }) => node), [2, 0, 0, 0, 0]);
  assertEquals(outputs.map(({ dtype }) => dtype), [
    DataType.bfloat16,
    ...Array(5).fill(DataType.float32),
  ]);
  assertEquals(trace.outputs, [{ node: 3, output: 1 }]);
});

Deno.test("autocast() keeps the update of a filter in float32", () => {
  const gradient = node("Conv2DBackpropFilter", [0, 0, 0]);
  assertEquals(cast([node("X"), gradient, node("Add", [1, 0])], [2]), [
    "X() float32",
    "Cast(0) bfloat16",
    "Conv2DBackpropFilter(1,0,1) bfloat16",
    "Cast(2) float32",
    "Add(3,0) float32",
    "return 4",
  ]);
});

Deno.test("autocast() leaves nodes of precision float32 as they are, behind a convolution too", () => {
  const wide = (op: string, inputs: number[]): Node => ({ ...plainNode(op, inputs) });
  const nodes = [node("X"), node("Conv2D", [0, 0]), wide("Relu", [1]), wide("Conv2D", [2, 0])];
  assertEquals(cast(nodes, [3]).slice(2), [
    "Conv2D(1,1) bfloat16",
    "Cast(2) float32",
    "Relu(3) float32",
    "Conv2D(4,0) float32",
    "return 5",
  ]);
});

const model = wideResNet({ depth: 10, width: 1, numClasses: 10 });
const images: tf.Tensor4D = tf.randomNormal([8, 16, 16, 3], 0, 1, "float32", 3);
const labels = tf.tensor1d([0, 1, 2, 3, 4, 5, 6, 7], "int32");

/** The loss and all gradients of a small network, compiled. */
function compiled(precision: Precision) {
  return jit((params: Tensors, images: tf.Tensor4D, labels: tf.Tensor1D) => {
    const stats = filterParams(params, (key) => !isTrainable(key));
    const { loss, gradients } = valueAndGradients((trained) => {
      const { logits } = model.f(images, { ...trained, ...stats }, "train");
      return { loss: crossEntropy(logits, labels), extras: {} };
    }, filterParams(params, isTrainable));
    return { loss, gradients };
  }, { precision });
}

const ignore = !narrows;

Deno.test(
  "jit() in bfloat16 gives losses and gradients near those in float32",
  { ignore },
  async () => {
    const params = model.init(1);
    const [wide, narrow] = [compiled("float32"), compiled("bfloat16")];
    const [expected, actual] = [
      await wide(params, images, labels),
      await narrow(params, images, labels),
    ];
    const [loss, narrowLoss] = [expected, actual].map(({ loss }) => loss.dataSync()[0] as number);
    // A bfloat16 has 8 significant bits: a rounding is off by 0.4% at the most.
    assertAlmostEquals(narrowLoss!, loss!, 0.02 * loss!);
    assert(narrowLoss !== loss, "the two must not compute the same");
    const [whole, other] = [expected, actual].map(({ gradients }) =>
      tf.concat(Object.values(gradients).map((gradient) => tf.reshape(gradient, [-1])))
    ) as [tf.Tensor, tf.Tensor];
    assertEquals(other.dtype, "float32");
    const [dot, a, b] = [tf.sum(tf.mul(whole, other)), tf.norm(whole), tf.norm(other)]
      .map((figure) => figure.dataSync()[0] as number) as [number, number, number];
    assert(dot / (a * b) > 0.99, `the gradients point in two directions: ${dot / (a * b)}`);
    assertAlmostEquals(b / a, 1, 0.05);
    tf.dispose([params, expected.loss, actual.loss, expected.gradients, actual.gradients]);
    wide.dispose();
    narrow.dispose();
  },
);

Deno.test(
  "jit() in bfloat16 computes whole convolutions in it, fused ones too",
  { ignore },
  async () => {
    const evaluate = jit(
      (params: Tensors, images: tf.Tensor4D) => model.f(images, params, "eval").logits,
      { precision: "bfloat16" },
    );
    const params = model.init(1);
    tf.dispose(await evaluate(params, images));
    const convolutions = evaluate.printTraces()[0]!.split("\n").filter((line) =>
      /= \w*Conv2D\(/.test(line)
    );
    assertEquals(convolutions.length, 9);
    for (const line of convolutions) assert(line.includes(": bfloat16["), line);
    tf.dispose(params);
    evaluate.dispose();
  },
);

Deno.test(
  "inPrecision() lets a part compute in bfloat16, and the rest not",
  { ignore },
  async () => {
    const filter = tf.fill<tf.Rank.R4>([3, 3, 8, 8], 1 / 3);
    const x = tf.randomUniform<tf.Rank.R4>([1, 8, 8, 8], 0, 1, "float32", 1);
    const conv = () => tf.relu(tf.conv2d(x, filter, 1, "same"));
    const f = jit(() => [conv(), inPrecision("bfloat16", conv), conv()]);
    const [before, narrow, after] = (await f()).map((tensor) => tensor.dataSync());
    assertEquals(before, after);
    assert(narrow!.some((value, i) => value !== before![i]));
    narrow!.forEach((value, i) => assertAlmostEquals(value, before![i]!, 0.02 * before![i]!));
    f.dispose();
  },
);

Deno.test("inPrecision() refuses bfloat16 where nothing is traced", () => {
  assertThrows(() => inPrecision("bfloat16", () => 1), Error, "jit the function");
  assertEquals(inPrecision("float32", () => 1), 1);
});

Deno.test("jit() refuses bfloat16 where nothing is compiled", async () => {
  await import("@tensorflow/tfjs");
  tf.setBackend("cpu");
  try {
    const double = jit((x: tf.Tensor) => tf.mul(x, 2), { precision: "bfloat16" });
    await assertRejects(
      () => double(tf.tensor1d([1])),
      Error,
      "Cannot compute in bfloat16 where no function is compiled (backend cpu)",
    );
  } finally {
    tf.setBackend("tensorflow");
  }
});
