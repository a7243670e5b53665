/**
 * What the tests of the losses between logits share: examples, gradients, parity with a fixture.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { assertEquals } from "@std/assert";
import { backends } from "../../backends.ts";
import { assertParity, readFixture, toTensor } from "../../parity.ts";

type LogitLoss<Options> = (
  student: tf.Tensor2D,
  teacher: tf.Tensor2D,
  labels: tf.Tensor1D,
  options: Options,
) => tf.Scalar;

export const logits: tf.Tensor2D = tf.tensor2d([[1, 0, -1], [2, 2, 5]]);
export const other: tf.Tensor2D = tf.tensor2d([[3, 1, -3], [0, 1, 2]]);
export const labels: tf.Tensor1D = tf.tensor1d([0, 2], "int32");

const tolerances = {
  value: { ofMax: 1e-5, rtol: 1e-4, atol: 1e-9 },
  gradients: { ofMax: 1e-5, rtol: 1e-4, atol: 1e-9 },
};

/** The loss with its gradients by both logits. */
export function withGradients<Options>(loss: LogitLoss<Options>) {
  return (student: tf.Tensor2D, teacher: tf.Tensor2D, labels: tf.Tensor1D, options: Options) => {
    const { value, grads } = tf.valueAndGrads((s: tf.Tensor, t: tf.Tensor) =>
      loss(s as tf.Tensor2D, t as tf.Tensor2D, labels, options)
    )([student, teacher]);
    return {
      value: value as tf.Tensor,
      gradients: { student: grads[0] as tf.Tensor, teacher: grads[1] as tf.Tensor },
    };
  };
}

/** Registers a test a backend: all cases of the loss in the fixture, value and gradients. */
export async function testParity<Options>(
  name: string,
  loss: LogitLoss<Options>,
  fixtureName: string,
  count: number,
): Promise<void> {
  const fixture = await readFixture(fixtureName);
  const cases: Record<string, Options> = JSON.parse(fixture.metadata["cases"] ?? "{}")[name];
  for (const { name: backend, use } of backends) {
    Deno.test(`${name}() is PyTorch's, with its gradients (${backend})`, async () => {
      const run = use(withGradients(loss));
      assertEquals(Object.keys(cases).length, count);
      for (const [label, options] of Object.entries(cases)) {
        const key = `${name}/${label}`;
        const { student, teacher, labels, value } = fixture.under(key);
        assertParity(
          await run(toTensor(student!), toTensor(teacher!), toTensor(labels!), options),
          { value: value!, gradients: fixture.under(`${key}/gradients`) },
          tolerances,
          label,
        );
      }
    });
  }
}
