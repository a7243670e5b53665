/**
 * Tests of the networks on a backend, and of one that is not ours.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { crossEntropy } from "../../lib/losses/cross_entropy.ts";
import { inputGradient } from "../../lib/losses/gradient.ts";
import type { Tensors } from "../../lib/params.ts";
import { valueAndGradients } from "../../lib/train/gradients.ts";
import { cifarResNet } from "../../models/cifar_res_net.ts";
import { foldedResNet } from "../../models/folded_res_net.ts";
import type { LibraryModel } from "../../models/model.ts";
import { batchNorm, tidy } from "../../models/layers.ts";
import { resNet } from "../../models/res_net.ts";
import { vgg } from "../../models/vgg.ts";
import { wideResNet } from "../../models/wide_resnet.ts";
import { assertNetwork } from "../models/network_parity.ts";
import { assertClose, assertParity, readFixture, toTensor, toTensors } from "../parity.ts";
import type { Suite } from "./backend.ts";
import { draw } from "./loss_cases.ts";

const tolerances = (atol: number) => ({
  outputs: { ofMax: 3e-5, atol: 1e-9 },
  gradients: { ofMax: 1e-4, atol },
  seconds: { ofMax: 5e-4, atol },
});
const tiny = { depth: 18, width: 1 / 32, numClasses: 5 } as const;
/** With these, each kind of layer is in one network at least. */
const different: [fixture: string, model: LibraryModel][] = [
  ["wide_resnet_sge", wideResNet({ depth: 10, width: 0.5, numClasses: 10, sge: { groups: 4 } })],
  ["res_net_50", resNet({ ...tiny, depth: 50 })],
  ["cifar_res_net_8", cifarResNet({ depth: 8, widths: [4, 6, 8, 10], numClasses: 5 })],
  ["vgg_11", vgg({ depth: 11, width: 1 / 16, numClasses: 5 })],
];
/** The same layers in another order. */
const alike: [fixture: string, model: LibraryModel][] = [
  ["res_net_18", resNet(tiny)],
  ["res_net_18_sge", resNet({ ...tiny, sge: { groups: 2 } })],
  ["res_net_18_small", resNet({ ...tiny, stem: "small" })],
];

/** Registers them: on a slow backend, only networks with layers that no other has. */
export function testNetworks({ test, backend, reference, isSlow }: Suite): void {
  for (const [file, model] of isSlow ? different : [...different, ...alike]) {
    test(`${file} is PyTorch's: both modes, gradients, double backpropagation`, async () => {
      // The gradient of a bias before batch norm is 0 up to rounding, and VGG has such.
      const of = tolerances(file === "vgg_11" ? 3e-6 : 1e-9);
      await assertNetwork(model, await readFixture(file), backend, of);
    });
  }

  test("a folded ResNet is PyTorch's, with its gradient", async () => {
    const fixture = await readFixture("folded_res_net_18");
    const { outputs, gradients } = tolerances(1e-9);
    const params = toTensors(fixture.under("params"));
    const { f } = foldedResNet(params);
    const images = toTensor<tf.Rank.R4>(fixture.get("images"));
    const labels = toTensor<tf.Rank.R1>(fixture.get("labels"));
    const { logits, groups, gradient } = await backend.use(() => ({
      ...f(images, params, "eval"),
      gradient: inputGradient((x) => crossEntropy(f(x, params, "eval").logits, labels), images),
    }))();
    assertClose(logits, fixture.get("logits"), outputs, "logits");
    assertClose(gradient, fixture.get("imageGradient"), gradients, "gradient");
    for (const [i, group] of groups.entries()) {
      assertClose(group, fixture.get(`groups/${i}`), outputs, `group ${i}`);
    }
  });

  test("batch norm of many positions is as exact as of few", async () => {
    // Equal numbers have their own value as mean, however many there are.
    const params = {
      "bn.weight": tf.ones([2]),
      "bn.bias": tf.zeros([2]),
      "bn.running_mean": tf.zeros([2]),
      "bn.running_var": tf.ones([2]),
    };
    const stats = await backend.use(() =>
      tidy(() => {
        const stats: Tensors = {};
        batchNorm(tf.fill([64, 64, 64, 2], 0.1), params, "bn", "train", stats);
        return stats;
      })
    )();
    const mean = stats["bn.running_mean"] as tf.Tensor;
    const expected = { shape: [2], data: new Float32Array([0.01, 0.01]) };
    // TensorFlow's fused kernel adds up one by one.
    const rtol = backend.tfjs === "tensorflow" ? 3e-3 : 1e-5;
    assertClose(mean, expected, { rtol }, "running mean");
  });

  test("a network of one's own trains as on another backend", async () => {
    const inputs = Object.fromEntries(
      Object.entries({
        x: [2, 9, 8, 3],
        first: [3, 3, 3, 6],
        depthwise: [3, 3, 6, 2],
        second: [2, 2, 12, 4],
        table: [5, 4],
        up: [3, 3, 5, 4],
      }).map(([key, shape], i) => [key, draw(shape, i + 1, 0.5)]),
    );
    const run = () => ownNetwork(toTensors(inputs));
    const expected = reference(run);
    const { loss, gradients } = await backend.use(run)();
    assertParity({ value: loss, gradients }, {
      value: expected.loss,
      gradients: expected.gradients,
    }, {
      value: { rtol: 1e-5 },
      gradients: { ofMax: 1e-4 },
    });
  });
}

/** Strides, max pooling of what is below 0, average pooling, depthwise, transposed, gather. */
function ownNetwork(inputs: Tensors) {
  const { loss, gradients } = valueAndGradients((all) => {
    const of = <T extends tf.Tensor>(key: string) => all[key] as T;
    let x = tf.conv2d(of<tf.Tensor4D>("x"), of<tf.Tensor4D>("first"), [2, 1], "same");
    x = tf.maxPool(tf.sub(x, 20), 3, 2, "same");
    x = tf.depthwiseConv2d(tf.add(x, 20), of<tf.Tensor4D>("depthwise"), 1, "same");
    x = tf.avgPool(tf.sigmoid(x), 2, 1, "same") as tf.Tensor4D;
    x = tf.conv2d(x, of<tf.Tensor4D>("second"), 1, "valid");
    const rows = tf.gather(of("table"), tf.tensor1d([0, 3, 3, 1], "int32"));
    const up = tf.conv2dTranspose(x, of<tf.Tensor4D>("up"), [2, 4, 6, 5], [2, 2], "same");
    return {
      loss: tf.add(tf.mean(tf.square(up)), tf.sum(tf.square(tf.mul(x, tf.sum(rows, 0))))),
      extras: {},
    };
  }, inputs);
  return { loss, gradients };
}
