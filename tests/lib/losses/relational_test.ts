/**
 * Relational distillation against PyTorch, where examples coincide, and its refusals.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { relationalDistillationLoss } from "../../../lib/losses/relational.ts";
import { runProgram } from "../../processes.ts";
import { backends } from "../../backends.ts";
import { assertClose } from "../../parity.ts";
import { long } from "../../long.ts";
import { testParity, withGradients } from "./loss_parity.ts";

await testParity("relationalDistillationLoss", relationalDistillationLoss, "more_losses", 5);
const lossAndGradients = withGradients(relationalDistillationLoss);

function embeddings(shape: number[], seed: number): tf.Tensor {
  return tf.randomNormal(shape, 0, 1, "float32", seed);
}

for (const { name, use } of backends) {
  Deno.test(`relationalDistillationLoss() of equal embeddings is 0 (${name})`, async () => {
    const run = use(lossAndGradients);
    for (const x of [embeddings([5, 3], 1), tf.ones([5, 3])]) {
      const { value, gradients } = await run(x, x);
      for (const tensor of [value, gradients.student, gradients.teacher]) {
        assert(tensor.dataSync().every((element) => Math.abs(element) < 1e-9), `${tensor}`);
      }
    }
  });

  Deno.test(`relationalDistillationLoss() has no huge gradient where examples coincide (${name})`, async () => {
    const twice = tf.concat([embeddings([1, 3], 2), embeddings([1, 3], 2), embeddings([3, 3], 3)]);
    const apart = embeddings([5, 3], 4);
    const run = use(lossAndGradients);
    for (const [student, teacher] of [[twice, apart], [apart, twice]] as const) {
      const { value, gradients } = await run(student, teacher);
      for (const tensor of [value, gradients.student, gradients.teacher]) {
        assert(tensor.dataSync().every((element) => Math.abs(element) < 100), `${tensor}`);
      }
    }
  });
}

/** The formula as it stands, with all angles at once. */
function allAtOnce(student: tf.Tensor, teacher: tf.Tensor): tf.Scalar {
  const count = student.shape[0]!;
  const [s, t] = [student, teacher].map((rows) => {
    const differences = tf.sub(tf.expandDims(rows, 0), tf.expandDims(rows, 1));
    const itself = tf.eye(count);
    const squares = tf.add(tf.sum(tf.square(differences), 2), itself);
    const distances = tf.mul(tf.sqrt(squares), tf.sub(1, itself));
    const directions = tf.div(differences, tf.expandDims(tf.sqrt(squares), 2));
    return {
      distances: tf.div(distances, tf.div(tf.sum(distances), count * (count - 1))),
      cosines: tf.matMul(directions, directions, false, true),
    };
  });
  const smoothL1 = (a: tf.Tensor, b: tf.Tensor) => {
    const x = tf.sub(a, b);
    const clipped = tf.clipByValue(x, -1, 1);
    return tf.mean(tf.mul(clipped, tf.sub(x, tf.div(clipped, 2))));
  };
  return tf.add(
    tf.mul(smoothL1(s!.distances, t!.distances), 25),
    tf.mul(smoothL1(s!.cosines, t!.cosines), 50),
  );
}

for (const { name, use } of backends.filter(({ tfjs }) => tfjs === "tensorflow")) {
  long.test(`relationalDistillationLoss() related in parts is what all at once are (${name})`, async () => {
    // More than 2^24 numbers, by many examples or by many features.
    for (const [count, s, t] of [[257, 3, 5], [18, 55000, 7]] as const) {
      const [student, teacher] = [embeddings([count, s], 7), embeddings([count, t], 8)];
      const { value, gradients } = await use(lossAndGradients)(student, teacher);
      const expected = tf.valueAndGrads((s, t) => allAtOnce(s!, t!))([student, teacher]);
      assertClose(value, expected.value, { rtol: 1e-5 }, "value");
      assertClose(gradients.student, expected.grads[0]!, { ofMax: 1e-4, rtol: 1e-3 }, "student");
      assertClose(gradients.teacher, expected.grads[1]!, { ofMax: 1e-4, rtol: 1e-3 }, "teacher");
      tf.dispose([value, gradients, expected]);
    }
  });
}

long.test({
  name: "relationalDistillationLoss() of 512 examples takes no memory for all angles at once",
  ignore: Deno.build.os !== "linux",
  fn: async () => {
    // All angles of both are 1 GB, and all that led to them several times that.
    const { code, out, err } = await runProgram(new URL("./relational_memory.ts", import.meta.url));
    assertEquals(code, 0, err);
    assert(Number(out) < 1.5e9, `${out} bytes`);
  },
});

Deno.test("relationalDistillationLoss() does not change with the scale, or where embeddings lie", () => {
  tf.setBackend("tensorflow");
  const [student, teacher] = [embeddings([6, 4], 5), embeddings([6, 3], 6)];
  assertClose(
    relationalDistillationLoss(tf.add(tf.mul(student, 3), 2), teacher),
    relationalDistillationLoss(student, teacher),
    { rtol: 1e-4 },
    "loss",
  );
});

Deno.test("relationalDistillationLoss() leaves no tensor behind", () => {
  tf.setBackend("tensorflow");
  const [student, teacher] = [embeddings([6, 4], 5), embeddings([6, 3], 6)];
  const before = tf.memory().numTensors;
  relationalDistillationLoss(student, teacher).dispose();
  assertEquals(tf.memory().numTensors, before);
});

Deno.test("relationalDistillationLoss() throws on weights out of range", () => {
  const x = embeddings([4, 3], 1);
  for (const weight of [-1, NaN, Infinity]) {
    for (const name of ["distance", "angle"]) {
      const distil = () => relationalDistillationLoss(x, x, { [name]: weight });
      assertThrows(distil, RangeError, `${name} ${weight}`);
    }
  }
});

Deno.test("relationalDistillationLoss() throws on embeddings that do not fit", () => {
  const [x, three, one] = [embeddings([4, 5], 1), embeddings([3, 5], 1), embeddings([1, 5], 1)];
  const flat = tf.zeros([4]);
  assertThrows(() => relationalDistillationLoss(x, three), TypeError, "[4,5] and [3,5]");
  assertThrows(() => relationalDistillationLoss(flat, x), TypeError, "both must be [N, ...]");
  assertThrows(() => relationalDistillationLoss(one, one), RangeError, "the batch has 1");
});
