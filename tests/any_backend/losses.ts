/**
 * Tests of the losses on a backend.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { assert, assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import { attentionMap, attentionTransferLoss } from "../../lib/losses/attention.ts";
import { crossEntropy } from "../../lib/losses/cross_entropy.ts";
import { decoupledDistillationLoss } from "../../lib/losses/decoupled.ts";
import { distillationLoss } from "../../lib/losses/distillation.ts";
import { normalize } from "../../lib/losses/pairs.ts";
import type { Tensors } from "../../lib/params.ts";
import { valueAndGradients } from "../../lib/train/gradients.ts";
import { assertClose, assertParity, toTensor, toTensors, type Values } from "../parity.ts";
import type { Suite } from "./backend.ts";
import { draw, drawnCases, fixtureCases, type LossCase, type NamedLoss } from "./loss_cases.ts";

const tolerances = {
  value: { ofMax: 1e-5, rtol: 1e-4, atol: 1e-9 },
  gradients: { ofMax: 3e-5, rtol: 1e-4, atol: 1e-9 },
};

/** How many losses are drawn: webgl and webgpu compile programs for each shape. */
const numRuns = (name: string) => name === "webgl" || name === "webgpu" ? 20 : 60;

/** The loss, and its gradients by all but the labels. */
function withGradients(loss: NamedLoss) {
  return ({ labels, ...inputs }: Tensors) => {
    const { loss: value, gradients } = valueAndGradients((inputs) => ({
      loss: loss(labels ? { ...inputs, labels } : inputs),
      extras: {},
    }), inputs);
    return { value, gradients };
  };
}

/** Registers them. */
export function testLosses({ test, backend, reference }: Suite): void {
  const run = ({ loss, inputs }: LossCase) => backend.use(withGradients(loss))(toTensors(inputs));

  test("all losses are PyTorch's, with their gradients", async () => {
    const cases = await fixtureCases();
    assertEquals(cases.length, 12 + 19 + 2 + 7 + 3 + 3 + 5 + 5 + 2 + 2 + (2 + 2 + 4 + 4 + 3));
    for (const one of cases) {
      assert(one.expected);
      assertParity(await run(one), one.expected, tolerances, one.name);
    }
  });

  test("all losses are the same as on another backend, drawn at random", () =>
    fc.assert(
      fc.asyncProperty(drawnCases, async (one) => {
        const expected = reference(() => withGradients(one.loss)(toTensors(one.inputs)));
        // Distillation is a small difference of logarithms, times the temperature's square.
        const rounding = /^(distillation|decoupled|correlation)/.test(one.name) ? 1e-5 : 0;
        assertParity(await run(one), expected, {
          value: { rtol: 1e-4, atol: rounding + 1e-12 },
          gradients: { ofMax: 2e-4, atol: 1e-6 + rounding },
        }, one.name);
      }),
      { numRuns: numRuns(backend.name), seed: 12 },
    ));

  test("cross entropy and distillation of labels that have been used", async () => {
    const logits = tf.tensor2d([[2, 0], [0, 2]]);
    const labels = tf.tensor1d([0, 1], "int32");
    const values = backend.use(() => [
      crossEntropy(logits, labels),
      distillationLoss(logits, tf.neg(logits), labels, { temperature: 1, alpha: 0 }),
    ]);
    for (let i = 0; i < 3; i++) {
      for (const value of await values()) {
        assertClose(value, numbers(Math.log(1 + Math.exp(-2))), { rtol: 1e-5 }, `time ${i}`);
      }
      await backend.use(() => tf.add(labels, 1))();
    }
  });

  test("a label outside of the classes gives no good number", async () => {
    const logits = tf.tensor2d([[2, 0, 1], [0, 2, 1]]);
    for (const label of [3, -1, 1000]) {
      const labels = tf.tensor1d([0, label], "int32");
      const decoupled = backend.use(() => decoupledDistillationLoss(logits, logits, labels));
      assertEquals([...(await decoupled()).dataSync()], [NaN]);
      const entropy = backend.use(() => crossEntropy(logits, labels));
      if (backend.tfjs !== "webgpu") {
        await assertRejects(entropy, Error, `${label}`);
        continue;
      }
      assertEquals([...(await entropy()).dataSync()], [NaN]);
      const gradient = backend.use(tf.grad((x) => crossEntropy(x as tf.Tensor2D, labels)));
      const rows = (await gradient(logits)).dataSync();
      assert(rows.subarray(0, 3).every(Number.isFinite));
      assert(rows.subarray(3).every(Number.isNaN));
    }
  });

  test("attention transfer of twenty pairs is the sum of all", async () => {
    const pair = (i: number) => [draw([2, 3, 3, 4], i), draw([2, 3, 3, 5], i + 50)] as const;
    const one = backend.use((s: tf.Tensor4D, t: tf.Tensor4D) => attentionTransferLoss(s, t));
    let sum = 0;
    for (let i = 0; i < 20; i++) {
      const [s, t] = pair(i).map((x) => toTensor<tf.Rank.R4>(x)) as [tf.Tensor4D, tf.Tensor4D];
      sum += (await one(s, t)).dataSync()[0] as number;
    }
    const [students, teachers] = [0, 1].map((which) =>
      Array.from({ length: 20 }, (_, i) => toTensor<tf.Rank.R4>(pair(i)[which] as Values))
    ) as [tf.Tensor4D[], tf.Tensor4D[]];
    const all = await backend.use(() => attentionTransferLoss(students, teachers))();
    assertClose(all, numbers(sum), { rtol: 1e-5 }, "the sum");
  });

  test("maps and unit vectors do not depend on the scale, however small", async () => {
    for (const p of [1, 1.5]) {
      const x = draw([2, 3, 3, 4], 7);
      const tiny = { ...x, data: Float32Array.from(x.data, (value) => value * 1e-8) };
      const map = backend.use((x: tf.Tensor4D) => attentionMap(x, { p }));
      assertClose(await map(toTensor(tiny)), await map(toTensor(x)), { ofMax: 1e-5 }, `p ${p}`);
    }
    const unit = await backend.use(() => normalize(tf.tensor2d([[3e-5, 4e-5], [0, 0]])))();
    assertClose(unit, { shape: [2, 2], data: new Float32Array([0.6, 0.8, 0, 0]) }, {
      atol: 1e-6,
    }, "the vectors");
  });

  test("losses of large maps are as exact as of small ones", async () => {
    // The mean of equal terms is a term, however many there are.
    const mean = (size: number) =>
      backend.use(() =>
        attentionTransferLoss(
          tf.tile(toTensor<tf.Rank.R4>(draw([1, 8, 8, 2], 3)), [size, 1, 1, 1]) as tf.Tensor4D,
          tf.tile(toTensor<tf.Rank.R4>(draw([1, 8, 8, 2], 4)), [size, 1, 1, 1]) as tf.Tensor4D,
        )
      )();
    assertClose(await mean(4096), await mean(1), { rtol: 2e-5 }, "the mean");
  });
}

function numbers(...data: number[]): Values {
  return { shape: data.length === 1 ? [] : [data.length], data: new Float32Array(data) };
}
