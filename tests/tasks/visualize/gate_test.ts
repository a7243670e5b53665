/**
 * Tests of the features before and after gates.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { assert, assertEquals } from "@std/assert";
import type { Params } from "../../../lib/params.ts";
import { resNet } from "../../../models/res_net.ts";
import { wideResNet } from "../../../models/wide_resnet.ts";
import { acrossGate, lastGates } from "../../../tasks/visualize/gate.ts";
import { assertClose } from "../../parity.ts";

tf.setBackend("cpu");

const sge = { groups: 2, initWeight: 1.5, initBias: -0.5 };
const networks = {
  WideResNet: {
    model: wideResNet({ depth: 16, width: 0.25, numClasses: 3, sge }),
    side: 8,
    keys: ["group0.block1", "group1.block1", "group2.block1"],
  },
  ResNet: {
    model: resNet({ depth: 18, width: 0.0625, numClasses: 3, sge }),
    side: 40,
    keys: ["layer1.1", "layer2.1", "layer3.1", "layer4.1"],
  },
};

/** The parameters with a gate that is 0 (for a negative value) or 1 everywhere. */
function held(params: Params, key: string, value: number): Params {
  const { shape } = params[`${key}.sge.bias`]!;
  const [weight, bias] = [tf.zeros(shape), tf.fill(shape, value)];
  return { ...params, [`${key}.sge.weight`]: weight, [`${key}.sge.bias`]: bias };
}

for (const [name, { model, side, keys }] of Object.entries(networks)) {
  Deno.test(`acrossGate() gives what the last gate of each group of a ${name} gives`, () => {
    const params = model.init(1);
    const images = tf.randomNormal<tf.Rank.R4>([2, side, side, 3], 0, 1, "float32", 1);
    assertEquals(lastGates(params), keys);
    const { groups, gateInputs } = model.f(images, params, "eval");
    for (const [group, key] of keys.entries()) {
      const before = gateInputs![group]!;
      const { numTensors } = tf.memory();
      const { after, gate } = acrossGate({ params }, before, group);
      assertEquals(tf.memory().numTensors, numTensors + 2);
      // A closed gate leaves the shortcut only, and an open gate adds the unchanged features.
      const [shortcut, open] = [-200, 200].map((value) =>
        model.f(images, held(params, key, value), "eval").groups[group]!
      );
      const tolerances = { atol: 1e-4, rtol: 1e-4 };
      assertClose(before, tf.sub(open!, shortcut!), tolerances, `before ${key}`);
      assertClose(after, tf.sub(groups[group]!, shortcut!), tolerances, `after ${key}`);
      const change = tf.max(tf.abs(tf.sub(before, after))).dataSync()[0]!;
      assert(change > 0.01, `the gate of ${key} changes nothing: ${change}`);
      const wide = tf.tile(tf.expandDims(gate, 4), [1, 1, 1, 1, before.shape[3] / sge.groups]);
      assertClose(after, tf.mul(before, tf.reshape(wide, before.shape)), tolerances, `gate ${key}`);
    }
  });
}

Deno.test("lastGates() finds the last block by its number, and none where there are none", () => {
  const gate = tf.zeros([1]);
  const names = ["layer1.9", "layer1.10", "layer1.2", "layer2.0"];
  const params = Object.fromEntries(names.map((name) => [`${name}.sge.weight`, gate]));
  assertEquals(lastGates(params), ["layer1.10", "layer2.0"]);
  assertEquals(lastGates({ "layer1.0.conv1.weight": gate }), []);
});

Deno.test("acrossGate() does not normalise where the network does not", () => {
  const options = { ...sge, normalize: false };
  const model = wideResNet({ depth: 10, width: 0.25, numClasses: 3, sge: options });
  const params = model.init(1);
  const images = tf.randomNormal<tf.Rank.R4>([1, 8, 8, 3], 0, 1, "float32", 1);
  const before = model.f(images, params, "eval").gateInputs![1]!;
  const { after, gate } = acrossGate({ params, sge: options }, before, 1);
  const wide = tf.tile(tf.reshape(gate, [1, 4, 4, 2, 1]), [1, 1, 1, 1, before.shape[3] / 2]);
  assertClose(after, tf.mul(before, tf.reshape(wide, before.shape)), { atol: 1e-5 }, "after");
});
