/**
 * Reads damaged files by the hundred thousand, and tells what went wrong:
 * `deno run -A tests/fuzz/main.ts --inputs 100000 --seed 1 --target safetensors`.
 *
 * `--input N --write FILE` reads one input of a target again, and writes it to a file.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { fuzz, type FuzzResult, writeInput } from "./fuzz.ts";
import { readers, targets } from "./targets/all.ts";

const { values } = parseArgs({
  options: {
    target: { type: "string" },
    seed: { type: "string", default: "1" },
    inputs: { type: "string", default: "100000" },
    first: { type: "string", default: "0" },
    input: { type: "string" },
    write: { type: "string" },
  },
});
const names = values.target?.split(",") ?? readers;
const unknown = names.find((name) => !(name in targets));
if (unknown !== undefined) {
  console.error(`error: there is no target ${unknown}, but ${readers.join(", ")}`);
  Deno.exit(2);
}
const seed = Number(values.seed);
const [first, inputs] = values.input === undefined
  ? [Number(values.first), Number(values.inputs)]
  : [Number(values.input), 1];
let failed = false;
for (const name of names) {
  if (values.write !== undefined) await writeInput(name, seed, first, values.write);
  const start = performance.now();
  const result = await fuzz(name, { seed, first, inputs });
  console.log(row(name, result, (performance.now() - start) / 1000));
  for (const { index, kind, detail } of result.findings) {
    console.log(`  ${kind} at --target ${name} --seed ${seed} --input ${index}: ${detail}`);
  }
  for (const { index, kind, detail } of result.passing) {
    console.log(`  not again: ${kind} at --input ${index}: ${detail}`);
  }
  failed ||= result.findings.length > 0;
}
Deno.exit(failed ? 1 : 0);

function row(name: string, result: FuzzResult, seconds: number): string {
  const { read, refused, ended, slowest, most, findings } = result;
  const figures = [
    `${read + refused + ended} inputs in ${seconds.toFixed(0)} s`,
    `${read} read`,
    `${refused} refused`,
    `${ended} ended`,
    `slowest ${slowest.toFixed(0)} ms`,
    `most memory ${(most / 2 ** 20).toFixed(0)} MiB`,
    `${findings.length} findings`,
  ];
  return `${name}: ${figures.join(", ")}`;
}
