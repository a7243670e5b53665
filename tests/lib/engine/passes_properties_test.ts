/**
 * Compiled programs give what they give op by op, with all passes and without each of them.
 *
 * Runs of one's own: `PASSES_PROGRAMS=20000 PASSES_SEED=7 deno test -A ...`.
 *
 * @module
 */
import fc from "fast-check";
import { passNames } from "../../../lib/engine/passes.ts";
import { useTensorFlow } from "../../../lib/engine/use_tensorflow.ts";
import { narrows } from "./narrows.ts";
import { Prepared, type Program, programs } from "./programs.ts";

await useTensorFlow();

const numRuns = Number(Deno.env.get("PASSES_PROGRAMS") ?? 200);
const seed = Number(Deno.env.get("PASSES_SEED") ?? 1);

/** The first element that differs by more than a part of the largest; of NaN and infinity nothing may. */
function difference(
  actual: Float32Array[],
  expected: Float32Array[],
  part: number,
): string | undefined {
  for (const [i, values] of expected.entries()) {
    const largest = values.reduce(
      (max, x) => Number.isFinite(x) ? Math.max(max, Math.abs(x)) : max,
      1,
    );
    const at = values.findIndex((x, j) => {
      const y = actual[i]?.[j];
      if (y === undefined) return true;
      return Number.isFinite(x) ? !(Math.abs(x - y) <= part * largest) : !Object.is(x, y);
    });
    if (at >= 0) return `result ${i}, element ${at}: ${actual[i]?.[at]} in place of ${values[at]}`;
  }
  return undefined;
}

const counts = { run: 0, refused: 0 };

/** Throws where a program gives something else compiled; shows the program then. */
async function check(
  program: Program,
  skips: readonly (readonly string[])[],
  narrow: boolean,
  part: number,
): Promise<void> {
  const prepared = new Prepared(program);
  try {
    let expected: Float32Array[];
    try {
      expected = prepared.eager();
    } catch (e) {
      counts.refused++;
      if (Deno.env.get("SHOW")) {
        console.log(
          String(e).slice(0, 200),
          program.order,
          program.steps.map((s) => s.op).join(),
        );
      }
      return; // tfjs has no such second derivative
    }
    counts.run++;
    for (const skipped of skips) {
      const actual = await prepared.compiled(skipped, narrow);
      const found = difference(actual, expected, part);
      if (found) throw new Error(`without [${skipped}]: ${found}\n${prepared}`);
    }
  } finally {
    prepared.dispose();
  }
}

Deno.test("passes leave what programs compute as it is, all on, all off and each one off", async () => {
  await fc.assert(
    fc.asyncProperty(programs, fc.constantFrom(...passNames), async (program, skipped) => {
      await check(program, [[], [skipped], passNames], false, 1e-4);
    }),
    { numRuns, seed, endOnFailure: Boolean(Deno.env.get("FAST")) },
  );
  console.log(counts);
});

Deno.test({
  name: "passes leave what programs compute in bfloat16 as it is",
  ignore: !narrows,
  fn: async () => {
    await fc.assert(
      fc.asyncProperty(programs, fc.constantFrom(...passNames), async (program, skipped) => {
        await check(
          { ...program, special: false, order: Math.min(1, program.order) },
          [[], [skipped]],
          true,
          0.05,
        );
      }),
      { numRuns, seed },
    );
  },
});
