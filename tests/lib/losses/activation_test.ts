/**
 * Full-activation transfer against PyTorch, and its refusals.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { activationTransferLoss } from "../../../lib/losses/activation.ts";
import { backends } from "../../backends.ts";
import { toTensor, type Values } from "../../parity.ts";
import { testCases } from "./loss_parity.ts";

/** The loss of inputs that are named `student/0`, `projection/1`, ..., and its gradients by them. */
function lossAndGradients(inputs: Record<string, tf.Tensor4D>, pairs: number) {
  const names = Object.keys(inputs);
  const { value, grads } = tf.valueAndGrads((...tensors: tf.Tensor[]) => {
    const of = (role: string) =>
      Array.from({ length: pairs }, (_, i) => tensors[names.indexOf(`${role}/${i}`)]);
    return activationTransferLoss(
      of("student") as tf.Tensor4D[],
      of("teacher") as tf.Tensor4D[],
      of("projection") as (tf.Tensor4D | undefined)[],
    );
  })(Object.values(inputs));
  return {
    value: value as tf.Tensor,
    gradients: Object.fromEntries(names.map((name, i) => [name, grads[i] as tf.Tensor])),
  };
}

function toInputs(values: Record<string, Values>): Record<string, tf.Tensor4D> {
  return Object.fromEntries(
    Object.entries(values)
      .filter(([key]) => /^(student|teacher|projection)\//.test(key))
      .map(([key, one]) => [key, toTensor<tf.Rank.R4>(one)]),
  );
}

await testCases("activationTransferLoss", "more_losses", 3, (use) => {
  const run = use(lossAndGradients);
  return (inputs, { pairs }: { pairs: number }) => run(toInputs(inputs), pairs);
});

for (const { name, use } of backends) {
  Deno.test(`activationTransferLoss() of equal activations is 0 (${name})`, async () => {
    const x = activation([2, 3, 3, 4]);
    const run = use(lossAndGradients);
    const { value, gradients } = await run({ "student/0": x, "teacher/0": x }, 1);
    for (const tensor of [value, ...Object.values(gradients)]) {
      assertEquals(tensor.dataSync().every((element) => element === 0), true);
    }
  });
}

function activation(shape: [number, number, number, number]): tf.Tensor4D {
  return tf.randomNormal(shape, 0, 1, "float32", 1);
}

Deno.test("activationTransferLoss() takes one pair alone or in an array, with a projection", () => {
  tf.setBackend("tensorflow");
  const [s, t] = [activation([2, 4, 4, 3]), activation([2, 4, 4, 6])];
  const projection = activation([1, 1, 3, 6]);
  const read = (loss: tf.Scalar) => loss.dataSync()[0]!;
  const alone = read(activationTransferLoss(s, t, projection));
  assertEquals(read(activationTransferLoss([s], [t], [projection])), alone);
  const both = activationTransferLoss([s, s], [t, s], [projection, undefined]);
  assertAlmostEquals(read(both), alone, 1e-6);
});

Deno.test("activationTransferLoss() leaves no tensor behind", () => {
  tf.setBackend("tensorflow");
  const [s, t] = [activation([2, 4, 4, 3]), activation([2, 4, 4, 6])];
  const projection = activation([1, 1, 3, 6]);
  const before = tf.memory().numTensors;
  activationTransferLoss(s, t, projection).dispose();
  assertEquals(tf.memory().numTensors, before);
});

Deno.test("activationTransferLoss() throws on activations and projections that do not fit", () => {
  const x = activation([2, 3, 3, 4]);
  const lossOf = activationTransferLoss;
  assertThrows(() => lossOf([x, x], [x]), RangeError, "2 student activations with 1");
  assertThrows(() => lossOf([], []), RangeError, "at least one");
  for (const shape of [[3, 3, 3, 4], [2, 3, 4, 4], [2, 3, 3, 5]] as const) {
    assertThrows(() => lossOf(x, activation([...shape])), TypeError, `[2,3,3,4] and [${shape}]`);
  }
  const flat = tf.zeros([2, 36]) as unknown as tf.Tensor4D;
  assertThrows(() => lossOf(flat, flat), TypeError, "both must be [N, H, W, C]");
  const filter = activation([1, 1, 4, 4]);
  assertThrows(() => lossOf([x, x], [x, x], filter), RangeError, "2 activations by 1 filters");
  for (const shape of [[1, 1, 3, 4], [3, 3, 4, 4]] as const) {
    assertThrows(() => lossOf(x, x, activation([...shape])), TypeError, `a filter [${shape}]`);
  }
  const wide = activation([1, 1, 4, 5]);
  assertThrows(() => lossOf(x, x, wide), TypeError, "activations [2,3,3,5] and [2,3,3,4]");
});
