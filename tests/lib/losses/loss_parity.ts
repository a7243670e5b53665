/**
 * What the tests of losses share: examples, gradients, parity with a fixture.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { assertEquals } from "@std/assert";
import { type Backend, backends } from "../../backends.ts";
import { assertParity, type Parity, readFixture, toTensor, type Values } from "../../parity.ts";

export const logits: tf.Tensor2D = tf.tensor2d([[1, 0, -1], [2, 2, 5]]);
export const other: tf.Tensor2D = tf.tensor2d([[3, 1, -3], [0, 1, 2]]);
export const labels: tf.Tensor1D = tf.tensor1d([0, 2], "int32");

export const tolerances = {
  value: { ofMax: 1e-5, rtol: 1e-4, atol: 1e-9 },
  gradients: { ofMax: 1e-5, rtol: 1e-4, atol: 1e-9 },
};

type PairLoss<T, Rest extends unknown[]> = (student: T, teacher: T, ...rest: Rest) => tf.Scalar;
type ListLoss<T> = (students: T[], teachers: T[]) => tf.Scalar;

/** The loss with its gradients by student and teacher. */
export function withGradients<T extends tf.Tensor, Rest extends unknown[]>(
  loss: PairLoss<T, Rest>,
) {
  return (student: T, teacher: T, ...rest: Rest) => {
    const { value, grads } = tf.valueAndGrads((s: tf.Tensor, t: tf.Tensor) =>
      loss(s as T, t as T, ...rest)
    )([student, teacher]);
    return {
      value: value as tf.Tensor,
      gradients: { student: grads[0] as tf.Tensor, teacher: grads[1] as tf.Tensor },
    };
  };
}

/** The loss of lists with its gradients, which are named `student/0`, `teacher/0` and so on. */
export function withGradientsOfLists<T extends tf.Tensor>(loss: ListLoss<T>) {
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

/**
 * Registers a test a backend: all cases of the loss in the fixture, value and gradients.
 *
 * @param start Makes what computes a case from the fixture's tensors of it.
 */
export async function testCases<Case>(
  name: string,
  fixtureName: string,
  count: number,
  start: (
    use: Backend["use"],
  ) => (inputs: Record<string, Values>, one: Case) => Promise<Parity<tf.Tensor>>,
): Promise<void> {
  const fixture = await readFixture(fixtureName);
  const cases: Record<string, Case> = JSON.parse(fixture.metadata["cases"] ?? "{}")[name];
  for (const { name: backend, use } of backends) {
    Deno.test(`${name}() is PyTorch's, with its gradients (${backend})`, async () => {
      const run = start(use);
      assertEquals(Object.keys(cases).length, count);
      for (const [label, one] of Object.entries(cases)) {
        const key = `${name}/${label}`;
        const inputs = fixture.under(key);
        const gradients = fixture.under(`${key}/gradients`);
        const expected = { value: inputs.value!, gradients };
        assertParity(await run(inputs, one), expected, tolerances, label);
      }
    });
  }
}

/** {@linkcode testCases} of a loss that compares two tensors, perhaps with labels. */
export function testParity<T extends tf.Tensor, Rest extends unknown[]>(
  name: string,
  loss: PairLoss<T, Rest>,
  fixtureName: string,
  count: number,
): Promise<void> {
  return testCases(name, fixtureName, count, (use) => {
    const run = use(withGradients(loss));
    return ({ student, teacher, labels }, options: unknown) => {
      const [s, t] = [student, teacher].map((values) => toTensor(values!)) as [T, T];
      return run(s, t, ...(labels ? [toTensor(labels), options] : [options]) as Rest);
    };
  });
}

/** {@linkcode testCases} of a loss that compares lists of tensors. */
export function testListParity<T extends tf.Tensor>(
  name: string,
  loss: ListLoss<T>,
  fixtureName: string,
  count: number,
): Promise<void> {
  return testCases(name, fixtureName, count, (use) => {
    const run = use(withGradientsOfLists(loss));
    return (inputs, { pairs }: { pairs: number }) => {
      const [students, teachers] = ["student/", "teacher/"].map((role) =>
        Object.keys(inputs).filter((key) => key.startsWith(role)).map((key) =>
          toTensor(inputs[key]!) as tf.Tensor as T
        )
      );
      assertEquals(students!.length, pairs);
      return run(students!, teachers!);
    };
  });
}
