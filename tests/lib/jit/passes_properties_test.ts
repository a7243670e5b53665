/**
 * Compiled programs give what they give op by op, with all passes and without each of them.
 *
 * Runs of one's own: `PASSES_PROGRAMS=20000 PASSES_SEED=7 deno test -A ...`.
 *
 * @module
 */
import { assert } from "@std/assert";
import fc from "fast-check";
import type { Precision } from "../../../lib/jit/jit.ts";
import { passNames } from "../../../lib/jit/passes.ts";
import { useTensorFlow } from "../../../lib/backend/use_tensorflow.ts";
import { isQuick } from "../../long.ts";
import { narrows } from "./narrows.ts";
import { Prepared, type Program, programs } from "./programs.ts";

await useTensorFlow({ gpu: false });

const numRuns = Number(Deno.env.get("PASSES_PROGRAMS") ?? (isQuick ? 25 : 100));
const seed = Number(Deno.env.get("PASSES_SEED") ?? 1);

/** Passes in bfloat16 round, but small whole numbers seldom. */
const tolerance = { float32: 1e-4, bfloat16: 0.05 };

/** The first element that is off by more than a part of the largest; NaN and infinity must be the same. */
function difference(
  actual: readonly Float32Array[],
  expected: readonly Float32Array[],
  part: number,
): string | undefined {
  for (const [i, values] of expected.entries()) {
    const largest = values.reduce((m, x) => Number.isFinite(x) ? Math.max(m, Math.abs(x)) : m, 1);
    const at = values.findIndex((x, j) => {
      const y = actual[i]?.[j] as number;
      return Number.isFinite(x) ? !(Math.abs(x - y) <= part * largest) : !Object.is(x, y);
    });
    if (at >= 0) return `result ${i}, element ${at}: ${actual[i]?.[at]} in place of ${values[at]}`;
  }
  return undefined;
}

/**
 * What is not compared where there is NaN; see docs/engine.md. A convolution's own padding meets no filter
 * that is infinite, oneDNN's relu makes 0 of NaN where a gradient shows it, and what a gradient does not
 * depend on is left out of it, NaN or not.
 */
function hidesNaN({ order }: Program): string[] {
  return order > 0 ? ["fusePads", "fuseBatchNorms", "withoutZeroSums"] : ["fusePads"];
}

const counts = { run: 0, refused: 0 };

/** What a program gives op by op; undefined where tfjs has no such gradient. */
function eager(prepared: Prepared): Float32Array[] | undefined {
  try {
    const results = prepared.eager();
    counts.run++;
    return results;
  } catch (error) {
    if (prepared.program.order === 0) throw error;
    counts.refused++;
    return undefined;
  }
}

/** Throws where a program gives something else compiled, without some passes; shows it then. */
async function check(
  program: Program,
  skips: readonly (readonly string[])[],
  precision: Precision,
): Promise<void> {
  const prepared = new Prepared(program);
  try {
    const expected = eager(prepared);
    if (!expected) return;
    // TensorFlow's own ops differ in what they make of NaN and infinity; passes must not.
    const reference = program.special ? await prepared.compiled(passNames) : expected;
    for (const without of skips) {
      const skipped = program.special ? [...without, ...hidesNaN(program)] : without;
      const actual = await prepared.compiled(skipped, precision === "bfloat16");
      const found = difference(actual, reference, tolerance[precision]);
      if (found) throw new Error(`Without [${skipped}] ${found}, in\n${prepared}`);
    }
  } finally {
    prepared.dispose();
  }
}

const arguments_ = [programs, fc.constantFrom(...passNames)] as const;

Deno.test({
  name: "passes leave what programs compute as it is: all on, all off, each one off",
  // The launcher runs this file once more without oneDNN, for what is in bfloat16.
  ignore: Deno.env.get("TF_ENABLE_ONEDNN_OPTS") === "0",
  fn: async () => {
    counts.run = counts.refused = 0;
    const property = fc.asyncProperty(...arguments_, async (program, skipped) => {
      await check(program, [[], [skipped], passNames], "float32");
    });
    await fc.assert(property, { numRuns, seed });
    // Most programs run; the others ask for gradients that tfjs does not have.
    assert(counts.run >= 0.75 * numRuns, JSON.stringify(counts));
  },
});

Deno.test({
  name: "passes leave what programs compute in bfloat16 as it is",
  ignore: !narrows,
  fn: async () => {
    const property = fc.asyncProperty(...arguments_, async (program, skipped) => {
      const plain = { ...program, special: false, order: Math.min(1, program.order) };
      await check(plain, [[], [skipped]], "bfloat16");
    });
    await fc.assert(property, { numRuns, seed });
  },
});
