/**
 * Tests of the labels for nodes of real training steps, compared with the networks.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { assert, assertEquals } from "@std/assert";
import { jit } from "../../../lib/jit/jit.ts";
import type { ProfiledNode } from "../../../lib/jit/profile.ts";
import { useTensorFlow } from "../../../lib/backend/use_tensorflow.ts";
import { isTrainable, type Tensors } from "../../../lib/params.ts";
import { toScalars } from "../../../lib/train/device.ts";
import { sgd } from "../../../lib/train/sgd.ts";
import { trainStep } from "../../../lib/train/train_step.ts";
import { startState } from "../../../lib/train/train_state.ts";
import type { Model } from "../../../models/model.ts";
import { resNet } from "../../../models/res_net.ts";
import { wideResNet } from "../../../models/wide_resnet.ts";
import { labelNodes, type NodeLabel } from "../../../tasks/profile/labels.ts";
import { chosenMethods, type MethodWeights, noTransfer } from "../../../lib/methods/table.ts";
import { teacherFunction } from "../../../lib/methods/teacher.ts";
import { transferLoss } from "../../../lib/methods/transfer_loss.ts";

await useTensorFlow({ gpu: false });

const wide = wideResNet({ depth: 10, width: 1, numClasses: 10 });
const wider = wideResNet({ depth: 10, width: 2, numClasses: 10 });

type Labelled = ProfiledNode & NodeLabel;

interface LabelledOptions extends Partial<MethodWeights> {
  teacher?: Model;
  skipsNonFinite?: boolean;
}

/** The nodes of a step that run ops, with labels, and the student's parameters. */
async function labelled(
  model: Model,
  { teacher, skipsNonFinite = false, ...weights }: LabelledOptions,
  lossParams: Tensors = {},
): Promise<{ nodes: Labelled[]; params: Tensors }> {
  const settings = { temperature: 4, attention: {} };
  const methods = chosenMethods({ ...noTransfer, ...weights }, settings);
  const optimizer = sgd();
  const step = jit(trainStep({
    model,
    optimizer,
    skipsNonFinite,
    teacher: teacher && teacherFunction({ model: teacher, params: teacher.init(1) }, methods),
    loss: transferLoss({
      methods,
      pairs: [{ student: 0, teacher: 0, weight: 1 }, { student: 2, teacher: 2, weight: 1 }],
    }),
  }));
  const batch = {
    images: tf.randomUniform<tf.Rank.R4>([2, 32, 32, 3]),
    labels: tf.tensor1d([0, 1], "int32"),
  };
  const params = model.init(0);
  const { nodes } = await step.profile(
    [
      startState(params, optimizer, lossParams),
      batch,
      toScalars({ learningRate: 0.1, beta: 1000 }),
    ],
    { runs: 1, warmUps: 0 },
  );
  step.dispose();
  const labels = labelNodes(nodes);
  const withLabels = nodes.map((node, i) => ({ ...node, ...labels[i]! }));
  return { nodes: withLabels.filter(({ source }) => source === undefined), params };
}

/** The groups of the nodes that satisfy `keep`. */
function groupsOf(nodes: readonly Labelled[], keep: (node: Labelled) => boolean): string[] {
  return [...new Set(nodes.filter(keep).map(({ group }) => group))].sort();
}

function isConvolution({ op }: Labelled): boolean {
  return op === "Conv2D" || op === "_FusedConv2D";
}

const groupsOfWide = ["bn", "conv0", "fc", "group0", "group1", "group2"];

for (
  const [name, model, convolution, options] of [
    ["a WideResNet", wide, /conv/, {}],
    ["a WideResNet whose steps may be skipped", wide, /conv/, { skipsNonFinite: true }],
    ["a ResNet", resNet({ depth: 18, width: 0.25, numClasses: 10 }), /conv|downsample\.0/, {}],
  ] as const
) {
  Deno.test(`labelNodes() knows each convolution of ${name}, and its gradient`, async () => {
    const { nodes, params } = await labelled(model, options);
    const filters = Object.keys(params).filter((key) => convolution.test(key)).sort();
    const shape = (key: string) => `float32[${params[key]!.shape}]`;

    const forward = nodes.filter((node) => isConvolution(node));
    assertEquals(forward.map(({ key }) => key!).sort(), filters);
    for (const { part, key, inputTypes } of forward) {
      assertEquals([part, inputTypes[1]], ["forward", shape(key!)]);
    }
    const backward = nodes.filter(({ op }) => op === "Conv2DBackpropFilter");
    assertEquals(backward.map(({ key }) => key!).sort(), filters);
    for (const { part, key, outputTypes } of backward) {
      assertEquals([part, outputTypes[0]], ["backward", shape(key!)]);
    }
  });
}

for (const [how, skipsNonFinite] of [["", false], [", which may be skipped", true]] as const) {
  Deno.test(`labelNodes() finds the groups of a network, its loss and its update${how}`, async () => {
    const { nodes, params } = await labelled(wide, { skipsNonFinite });
    const parts = ["forward", "backward", "update"];
    assertEquals([...new Set(nodes.map(({ part }) => part))].sort(), parts.sort());
    assertEquals(groupsOf(nodes, ({ part }) => part === "forward"), [...groupsOfWide, "loss"]);
    assertEquals(groupsOf(nodes, ({ part }) => part === "backward"), [...groupsOfWide, "loss"]);
    assertEquals(groupsOf(nodes, ({ op }) => /Softmax/.test(op)), ["loss"]);
    assertEquals(groupsOf(nodes, ({ op }) => /Grad/.test(op)), [
      "bn",
      "group0",
      "group1",
      "group2",
    ]);

    const update = nodes.filter(({ part }) => part === "update");
    const updated = new Set(update.map(({ key }) => key!));
    assertEquals([...updated].sort(), Object.keys(params).sort());
    for (const key of Object.keys(params)) {
      const results = update.filter((node) => node.key === key).flatMap(({ results }) => results);
      assertEquals(results.length, isTrainable(key) ? 2 : 1, key);
      assert(results.every((path) => path.includes(key)), `${key}: ${results}`);
    }
    const heavy = /Conv2D|MatMul|BatchNorm|Softmax|Relu|Mean/;
    assertEquals(update.filter(({ op }) => heavy.test(op)), []);
  });
}

Deno.test("labelNodes() tells a teacher from its student", async () => {
  const { nodes } = await labelled(wide, { teacher: wider, alpha: 0.9, beta: 1000 });
  const ofTeacher = nodes.filter(({ part }) => part === "teacher");
  const convolutions = (model: Model) =>
    Object.keys(model.init(0)).filter((key) => /conv/.test(key)).length;
  assertEquals(ofTeacher.filter(isConvolution).length, convolutions(wider));
  assertEquals(groupsOf(ofTeacher, () => true), ["teacher"]);
  const own = nodes.filter(({ part }) => part === "forward");
  assertEquals(own.filter(isConvolution).length, convolutions(wide));
  assertEquals(groupsOf(own, () => true), [...groupsOfWide, "loss"]);
  assertEquals(groupsOf(own, ({ op }) => op === "EuclideanNorm"), ["loss"]);
});

Deno.test("labelNodes() has a gradient that the loss needs among the forward pass", async () => {
  const { nodes } = await labelled(wide, { gradientSymmetryBeta: 1 });
  const isGradient = ({ op, part }: Labelled) => op === "Conv2DBackpropInput" && part === "forward";
  assertEquals(groupsOf(nodes, isGradient), ["conv0", "group0", "group1", "group2"]);
});

Deno.test("labelNodes() has the loss's own parameters with the loss", async () => {
  const weights = { teacher: wider, activationBeta: 1 };
  const projections = {
    projection0: tf.ones([1, 1, 16, 32]),
    projection1: tf.ones([1, 1, 64, 128]),
  };
  const { nodes } = await labelled(wide, weights, projections);
  const ofProjection = nodes.filter(({ key }) => key?.startsWith("loss."));
  assertEquals(groupsOf(ofProjection, () => true), ["loss"]);
  assertEquals(
    [...new Set(ofProjection.map(({ part }) => part))].sort(),
    ["backward", "forward", "update"],
  );
});
