/**
 * Class activation maps and their loss (CAT-KD) against PyTorch, and their refusals.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  classActivationMaps,
  classAttentionLoss,
  type ClassAttentionOptions,
} from "../../../lib/losses/class_attention.ts";
import { wideResNet } from "../../../models/wide_resnet.ts";
import { backends } from "../../backends.ts";
import { assertClose, assertParity, readFixture, toTensors } from "../../parity.ts";
import { tolerances } from "./loss_parity.ts";

const fixture = await readFixture("recent_losses");
const cases: Record<string, ClassAttentionOptions> =
  JSON.parse(fixture.metadata["cases"] ?? "{}").classAttentionLoss;
const names = ["student", "student_classifier", "teacher", "teacher_classifier"];

function maps(shape: [number, number, number, number], seed: number): tf.Tensor4D {
  return tf.randomNormal(shape, 0, 1, "float32", seed);
}

/** As the method does: the maps are pooled when they are made, or by the loss. */
function lossOf(options: ClassAttentionOptions, resolution?: number) {
  return (inputs: Record<string, tf.Tensor>) => {
    const { value, grads } = tf.valueAndGrads((
      s: tf.Tensor,
      sc: tf.Tensor,
      t: tf.Tensor,
      tc: tf.Tensor,
    ) =>
      classAttentionLoss(
        classActivationMaps(s as tf.Tensor4D, sc as tf.Tensor2D, resolution),
        classActivationMaps(t as tf.Tensor4D, tc as tf.Tensor2D, resolution),
        options,
      )
    )(names.map((name) => inputs[name]!));
    return {
      value: value as tf.Tensor,
      gradients: Object.fromEntries(names.map((name, i) => [name, grads[i]!])),
    };
  };
}

for (const { name, use } of backends) {
  Deno.test(`classAttentionLoss() is PyTorch's, with its gradients (${name})`, async () => {
    assertEquals(Object.keys(cases).length, 4);
    for (const [label, options] of Object.entries(cases)) {
      const key = `classAttentionLoss/${label}`;
      const found = fixture.under(key);
      const inputs = toTensors(Object.fromEntries(names.map((name) => [name, found[name]!])));
      for (const resolution of [undefined, options.resolution ?? 2]) {
        assertParity(
          await use(lossOf(options, resolution))(inputs),
          { value: found.value!, gradients: fixture.under(`${key}/gradients`) },
          tolerances,
          `${label}, pooled first to ${resolution}`,
        );
      }
    }
  });

  Deno.test(`classAttentionLoss() of normalised maps does not see their scale (${name})`, async () => {
    const run = use((s: tf.Tensor4D, t: tf.Tensor4D) => classAttentionLoss(s, t));
    const [s, t] = [maps([2, 4, 4, 3], 1), maps([2, 4, 4, 3], 2)];
    const scales = tf.tensor4d([3, 0.1, 7], [1, 1, 1, 3]);
    assertClose(await run(tf.mul(s, scales), t), await run(s, t), { rtol: 1e-4 }, "scaled");
    const [zero] = (await run(tf.mul(t, scales), t)).dataSync();
    assert(Math.abs(zero!) < 1e-10);
  });

  Deno.test(`classActivationMaps() and the bias give a network's logits (${name})`, async () => {
    const { f, init } = wideResNet({ depth: 10, width: 0.25, numClasses: 5 });
    const params = init(0);
    params["fc.bias"] = tf.tensor1d([1, 2, 3, 4, 5]);
    const run = use((images: tf.Tensor4D) => {
      const { logits, features } = f(images, params, "eval");
      const classifier = params["fc.weight"] as tf.Tensor2D;
      return [logits, classActivationMaps(features, classifier)] as const;
    });
    const [logits, maps] = await run(tf.randomNormal([2, 8, 8, 3], 0, 1, "float32", 3));
    assertEquals(maps.shape, [2, 2, 2, 5]);
    const means = tf.add(tf.mean(maps, [1, 2]), params["fc.bias"]!);
    assertClose(means, logits, { ofMax: 1e-5 }, "logits");
  });
}

Deno.test("classAttentionLoss() leaves no tensor behind", () => {
  tf.setBackend("tensorflow");
  const [x, classifier] = [maps([2, 7, 7, 3], 1), tf.ones<tf.Rank.R2>([4, 3])];
  const before = tf.memory().numTensors;
  const made = classActivationMaps(x, classifier, 4);
  classAttentionLoss(made, made, { resolution: 3 }).dispose();
  made.dispose();
  assertEquals(tf.memory().numTensors, before);
});

Deno.test("classAttentionLoss() throws on options and shapes that do not fit", () => {
  const x = maps([2, 4, 4, 3], 1);
  for (const resolution of [0, 1.5, NaN]) {
    assertThrows(() => classAttentionLoss(x, x, { resolution }), RangeError, `to ${resolution}`);
  }
  assertThrows(() => classAttentionLoss(x, x, { resolution: 5 }), RangeError, "they are smaller");
  const message = "both must be [N, H, W, classes]";
  assertThrows(() => classAttentionLoss(x, maps([3, 4, 4, 3], 1)), TypeError, message);
  assertThrows(() => classAttentionLoss(x, maps([2, 4, 4, 2], 1)), TypeError, message);
  const flat = tf.zeros([2, 3]) as unknown as tf.Tensor4D;
  assertThrows(() => classAttentionLoss(x, flat), TypeError, message);
  // @ts-expect-error: there is no such option
  assertThrows(() => classAttentionLoss(x, x, { size: 2 }), TypeError, '"size"');
  const wrong = tf.zeros<tf.Rank.R2>([5, 4]);
  assertThrows(() => classActivationMaps(x, wrong), TypeError, "[N, H, W, C] and [classes, C]");
});
