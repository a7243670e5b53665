/**
 * What the tests of the losses between lists of features share: gradients, parity with a fixture.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { assertEquals } from "@std/assert";
import { backends } from "../../backends.ts";
import { assertParity, lossTolerances, readFixture, toTensors } from "../../parity.ts";

type ListLoss<T extends tf.Tensor> = (students: T[], teachers: T[]) => tf.Scalar;

/** The loss with its gradients by all features: `student/0`, ..., `teacher/0`, ... */
export function withGradients<T extends tf.Tensor>(loss: ListLoss<T>) {
  return (students: T[], teachers: T[]) => {
    const count = students.length;
    const { value, grads } = tf.valueAndGrads((...all: tf.Tensor[]) =>
      loss(all.slice(0, count) as T[], all.slice(count) as T[])
    )([...students, ...teachers]);
    const names = ["student", "teacher"].flatMap((role) => students.map((_, i) => `${role}/${i}`));
    return {
      value: value as tf.Tensor,
      gradients: Object.fromEntries(names.map((name, i) => [name, grads[i] as tf.Tensor])),
    };
  };
}

/** Registers a test a backend: all cases of the loss in the fixture, value and gradients. */
export async function testParity<T extends tf.Tensor>(
  name: string,
  loss: ListLoss<T>,
  fixtureName: string,
  count: number,
): Promise<void> {
  const fixture = await readFixture(fixtureName);
  const cases: Record<string, { pairs: number }> =
    JSON.parse(fixture.metadata["cases"] ?? "{}")[name];
  for (const { name: backend, use } of backends) {
    Deno.test(`${name}() is PyTorch's, with its gradients (${backend})`, async () => {
      const run = use(withGradients(loss));
      assertEquals(Object.keys(cases).length, count);
      for (const [label, { pairs }] of Object.entries(cases)) {
        const key = `${name}/${label}`;
        const inputs = (role: string) =>
          Object.values(toTensors(fixture.under(`${key}/${role}`))) as T[];
        assertEquals(inputs("student").length, pairs);
        assertParity(
          await run(inputs("student"), inputs("teacher")),
          { value: fixture.get(`${key}/value`), gradients: fixture.under(`${key}/gradients`) },
          lossTolerances,
          label,
        );
      }
    });
  }
}
