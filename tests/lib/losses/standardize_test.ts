/**
 * Logit standardization: against PyTorch in the losses that take it, and its invariances.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { assert, assertThrows } from "@std/assert";
import { decoupledDistillationLoss } from "../../../lib/losses/decoupled.ts";
import { distillationLoss } from "../../../lib/losses/distillation.ts";
import { standardizeLogits } from "../../../lib/losses/standardize.ts";
import { backends } from "../../backends.ts";
import { assertClose } from "../../parity.ts";
import { labels, logits, other, testParity, withGradients } from "./loss_parity.ts";

await testParity("distillationLoss", distillationLoss, "recent_losses", 2);
await testParity("decoupledDistillationLoss", decoupledDistillationLoss, "recent_losses", 2);

const losses = {
  distillationLoss: (student: tf.Tensor2D, teacher: tf.Tensor2D) =>
    distillationLoss(student, teacher, labels, { temperature: 2, alpha: 1, standardize: true }),
  decoupledDistillationLoss: (student: tf.Tensor2D, teacher: tf.Tensor2D) =>
    decoupledDistillationLoss(student, teacher, labels, { standardize: true }),
};

for (const { name, use } of backends) {
  for (const [label, loss] of Object.entries(losses)) {
    Deno.test(`${label}() of standardised logits does not see scale and shift (${name})`, async () => {
      const run = use(loss);
      const expected = await run(logits, other);
      assert(expected.dataSync()[0]! > 0.01);
      const moved = tf.add<tf.Tensor2D>(tf.mul(logits, 7), tf.tensor2d([[3], [-20]]));
      assertClose(await run(moved, other), expected, { rtol: 1e-4 }, "student");
      const swapped = tf.sub<tf.Tensor2D>(tf.mul(other, 0.1), 5);
      assertClose(await run(logits, swapped), expected, { rtol: 1e-4 }, "teacher");
    });
  }

  Deno.test(`standardizeLogits() of equal logits is 0, with gradient 0 (${name})`, async () => {
    const constant = tf.fill([2, 3], 4) as tf.Tensor2D;
    const run = use((x: tf.Tensor2D) => {
      const { value, grad } = tf.valueAndGrad((x) => standardizeLogits(x as tf.Tensor2D))(x);
      return { value, grad };
    });
    const { value, grad } = await run(constant);
    for (const tensor of [value, grad]) {
      assert(tensor.dataSync().every((x) => x === 0), `${tensor}`);
    }
  });

  Deno.test(`distillationLoss() standardises for the KL term alone (${name})`, async () => {
    const run = use(withGradients(distillationLoss));
    const [plain, standardized] = [false, true].map((standardize) =>
      run(logits, other, labels, { temperature: 2, alpha: 0, standardize })
    );
    assertClose((await standardized!).value, (await plain!).value, { rtol: 1e-6 }, "cross entropy");
  });
}

Deno.test("distillationLoss() cannot standardise logits of one class", () => {
  const one = tf.zeros<tf.Rank.R2>([2, 1]);
  assertThrows(
    () =>
      distillationLoss(one, one, tf.tensor1d([0, 0], "int32"), {
        temperature: 2,
        alpha: 1,
        standardize: true,
      }),
    TypeError,
    "2 classes or more",
  );
});
