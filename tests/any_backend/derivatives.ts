/**
 * Tests of every op that has a gradient on a backend: its values, and both derivatives.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { assert, assertEquals } from "@std/assert";
import { correctGradients } from "../../lib/autodiff/correct_gradients.ts";
import { Draw } from "../lib/autodiff/draw.ts";
import { errorsOf } from "../lib/autodiff/finite_differences.ts";
import { ops } from "../lib/autodiff/generated_ops.ts";
import type { Suite } from "./backend.ts";

const seed = Number(Deno.env.get("AUTODIFF_SEED") ?? 1);
const cases = Number(Deno.env.get("AUTODIFF_CASES") ?? 1);

/** A graphics card's inverse functions have about four digits. */
const tolerance = 2e-3;

/** Registers them; TensorFlow's and plain JavaScript's derivatives are tested with the gradients. */
export function testDerivatives({ test, backend, reference }: Suite): void {
  const hasOwnTest = backend.tfjs === "cpu" || backend.tfjs === "tensorflow";
  const other = backend.tfjs === "cpu" ? "tensorflow" : "cpu";

  test("every op that has a gradient is as on another backend, and twice differentiable", async () => {
    correctGradients();
    const wrong: string[] = [];
    let tried = 0;
    for (const [index, [name, make]] of Object.entries(ops).entries()) {
      if (!tf.getKernel(name, backend.tfjs) || !tf.getGradient(name)) continue;
      for (let i = 0; i < cases; i++) {
        const call = () => make(new Draw(seed, index, i));
        const errors = { value: 0, first: 0, second: 0 };
        if (tf.getKernel(name, other)) {
          const { f, inputs } = call();
          const value = await backend.use(f)(...inputs);
          const expected = reference(() => {
            const { f, inputs } = call();
            return f(...inputs);
          });
          errors.value = largestDifference(await value.data(), expected.data);
        }
        if (!hasOwnTest) Object.assign(errors, await errorsOf({ ...call(), about: "" }, backend));
        tried++;
        // NaN must not pass for small.
        if (Object.values(errors).every((error) => error < tolerance)) continue;
        wrong.push(`${name}, case ${i}: ${JSON.stringify(errors)}`);
      }
    }
    assertEquals(wrong, []);
    assert(tried >= 40 * cases, `${tried}`);
  });
}

function largestDifference(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  const scale = Math.max(1, ...Array.from(expected, Math.abs));
  return Math.max(0, ...Array.from(actual, (x, i) => Math.abs(x - expected[i]!) / scale));
}
