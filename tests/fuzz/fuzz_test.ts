/**
 * A small number of damaged files for every reader, and the harness itself.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { randomStream } from "../../lib/random.ts";
import { long } from "../long.ts";
import { fuzz } from "./fuzz.ts";
import { readers, targets } from "./targets/all.ts";

/** The number of inputs of each target; RELIABILITY.md has what came of 100,000. */
const inputCount = Number(Deno.env.get("FUZZ_INPUTS") ?? 500);
const chosenSeed = Number(Deno.env.get("FUZZ_SEED") ?? 0);

for (const target of readers) {
  long.test(`fuzz: damaged files are read or refused by name: ${target}`, async () => {
    const { read, refused, ended, findings } = await fuzz(target, {
      seed: chosenSeed,
      inputs: inputCount,
    });
    assertEquals(findings, []);
    assertEquals(read + refused + ended, inputCount);
    assert(read > 0 && refused > 0, `${read} read, ${refused} refused`);
  });
}

/** Of which the first inputs have every defect. */
const plantedError = { seed: 612, inputs: 9 };

long.test("fuzz() finds errors, late ones too, hangs, crashes, and what takes time or memory", async () => {
  const { make } = await targets.planted!();
  const inputs = await Promise.all(
    Array.from({ length: plantedError.inputs }, (_, i) => make(randomStream(plantedError.seed, i))),
  );
  const kinds = ["error", "error", "slow", "memory", "error", "crash", "hang"];
  const expected = inputs.map(([byte], index) => ({ index, kind: kinds[byte! - 2] }))
    .filter(({ kind }) => kind !== undefined);
  assertEquals(new Set(inputs.map(([byte]) => byte)).size, 9, "another seed is needed");
  const { findings, passing } = await fuzz("planted", { ...plantedError, patience: 3000 });
  assertEquals(findings.map(({ index, kind }) => ({ index, kind })), expected);
  assertEquals(passing, []);
});
