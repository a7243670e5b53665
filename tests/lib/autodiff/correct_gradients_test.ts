/**
 * Every op that has a gradient, differentiated once and twice on every way to run it.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { assert, assertEquals } from "@std/assert";
import { correctGradients } from "../../../lib/autodiff/correct_gradients.ts";
import { backends } from "../../backends.ts";
import { long } from "../../long.ts";
import { errorsOf } from "./finite_differences.ts";
import { Draw } from "./draw.ts";
import { ops } from "./generated_ops.ts";

correctGradients();
const seed = Number(Deno.env.get("AUTODIFF_SEED") ?? 1);
const cases = Number(Deno.env.get("AUTODIFF_CASES") ?? 1);

/** Of complex numbers, which no gradient can reach: tfjs has none of the ops that make them. */
const withoutFloats = ["ComplexAbs"];

function differentiable(backend: string): string[] {
  return tf.getKernelsForBackend(backend).map(({ kernelName }) => kernelName)
    .filter((name) => tf.getGradient(name) && !withoutFloats.includes(name)).sort();
}

Deno.test("correctGradients() is tried with every op that has a gradient", () => {
  const all = new Set(backends.flatMap(({ tfjs }) => differentiable(tfjs)));
  assertEquals([...all].sort(), Object.keys(ops).sort());
});

for (const backend of backends) {
  // The same kernels as compiled.
  const test = backend.name === "TensorFlow op by op" ? long.test : Deno.test;
  for (const [index, [name, make]] of Object.entries(ops).entries()) {
    if (!tf.getKernel(name, backend.tfjs)) continue;
    test(`correctGradients() makes ${name} twice differentiable (${backend.name})`, async () => {
      for (let i = 0; i < cases; i++) {
        const draw = new Draw(seed, index, i);
        const call = { ...make(draw), about: "" };
        const about = `${name}, seed ${seed}, case ${i}: ${draw.about}`;
        const { first, second } = await errorsOf(call, backend);
        assert(first < 1e-4, `first derivative off by ${first}: ${about}`);
        assert(second < 1e-4, `second derivative off by ${second}: ${about}`);
      }
    });
  }
}
