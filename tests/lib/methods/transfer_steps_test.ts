/**
 * Whole training steps of the gradient methods, and of many methods at once, against PyTorch's.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { assertEquals } from "@std/assert";
import { sgd } from "../../../lib/train/sgd.ts";
import { trainStep } from "../../../lib/train/train_step.ts";
import { startState } from "../../../lib/train/train_state.ts";
import { wideResNet } from "../../../models/wide_resnet.ts";
import { chosenMethods, type MethodWeights, noTransfer } from "../../../lib/methods/table.ts";
import { teacherFunction } from "../../../lib/methods/teacher.ts";
import { transferLoss } from "../../../lib/methods/transfer_loss.ts";
import { backends } from "../../backends.ts";
import { assertClose, readFixture, toTensor, toTensors, type Values } from "../../parity.ts";

interface Training extends Partial<MethodWeights> {
  lr: number[];
  momentum: number;
  weightDecay: number;
  temperature?: number;
}

const fixture = await readFixture("gradient_methods");
const trainings: Record<string, Training> = JSON.parse(fixture.metadata["training"] ?? "");
const firstParams = (await readFixture("wide_resnet_10_1")).under("params");
const teacherParams = (await readFixture("wide_resnet_10_2")).under("params");

const numClasses = 10;
const student = wideResNet({ depth: 10, width: 1, numClasses });
const teacherOptions = { depth: 10, width: 2, numClasses };

/** The terms of the log that make up each of the fixture's. */
const names: Record<string, string[]> = {
  ce: ["cross_entropy"],
  gradientAttention: ["gradient_attention"],
  gradientSymmetry: ["gradient_symmetry"],
  kd: ["distillation"],
  at: ["attention_0", "attention_1", "attention_2"],
  activation: ["activation_0", "activation_1", "activation_2"],
};

/** The projections of a fixture's step, which numbers them, under our keys. */
function projections(key: string): Record<string, Values> {
  if (!Object.keys(fixture.tensors).some((name) => name.startsWith(`${key}/`))) return {};
  return Object.fromEntries(
    Object.entries(fixture.under(key)).map(([i, values]) => [`projection${i}`, values]),
  );
}

// For plain JavaScript, see tests/any_backend.
for (const { name, use } of backends.filter(({ tfjs }) => tfjs !== "cpu")) {
  for (const [label, training] of Object.entries(trainings)) {
    Deno.test(`transferLoss() takes the steps of PyTorch, ${label} (${name})`, async () => {
      const { momentum, weightDecay } = training;
      const optimizer = sgd({ momentum, weightDecay });
      const { temperature = 4 } = training;
      const weights = { ...noTransfer, ...training };
      const methods = chosenMethods(weights, { temperature, attention: {} });
      const teacher = {
        model: wideResNet(teacherOptions),
        params: toTensors(teacherParams),
        options: teacherOptions,
      };
      const step = use(trainStep({
        model: student,
        optimizer,
        teacher: teacherFunction(teacher, methods),
        loss: transferLoss({
          methods,
          pairs: [0, 1, 2].map((group) => ({ student: group, teacher: group, weight: 1 })),
        }),
      }));
      const own = toTensors(projections(`${label}/projections/step0`));
      let state = startState(toTensors(firstParams), optimizer, own);
      for (const [i, rate] of training.lr.entries()) {
        const batch = {
          images: toTensor<tf.Rank.R4>(fixture.get(`batches/${i + 1}/images`)),
          labels: toTensor<tf.Rank.R1>(fixture.get(`batches/${i + 1}/labels`)),
        };
        const scalars = { learningRate: tf.scalar(rate) };
        const { state: next, loss, terms } = await step(state, batch, scalars);
        state = next;

        const { total, ...expectedTerms } = fixture.under(`${label}/losses/${i + 1}`);
        assertClose(loss, total!, { rtol: 1e-4 }, `loss of step ${i + 1}`);
        const told = Object.keys(expectedTerms).flatMap((term) => names[term]!);
        assertEquals(Object.keys(terms).toSorted(), told.toSorted());
        for (const [term, expected] of Object.entries(expectedTerms)) {
          const parts = names[term]!.map((part) => terms[part]!);
          assertClose(tf.addN(parts), expected, { rtol: 2e-4 }, `${term} of step ${i + 1}`);
        }
        assertAll(state.params, fixture.under(`${label}/step${i + 1}`), `step ${i + 1}`);
        assertAll(
          state.loss?.params ?? {},
          projections(`${label}/projections/step${i + 1}`),
          `step ${i + 1}`,
        );
      }
    });
  }
}

function assertAll(
  actual: Record<string, tf.Tensor>,
  expected: Record<string, Values>,
  label: string,
): void {
  assertEquals(Object.keys(actual).toSorted(), Object.keys(expected).toSorted());
  for (const [key, values] of Object.entries(expected)) {
    assertClose(actual[key]!, values, { ofMax: 2e-5, atol: 1e-9 }, `${key} after ${label}`);
  }
}
