/**
 * Tests of `--precision` of the training tasks.
 *
 * @module
 */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { inFolder } from "../folders.ts";
import { narrows } from "../lib/jit/narrows.ts";
import { taskRunner } from "./command.ts";

const { succeed, refuse } = taskRunner("cifar");
const ignore = !narrows;
const sample = "--dataset CIFAR10-sample --depth 10 --width 0.25 --batch-size 32 --max-steps 2"
  .split(" ");

Deno.test("deno task cifar --precision bfloat16 trains, says and logs so, and evaluates the same", {
  ignore,
}, () =>
  inFolder(async (folder) => {
    const { err } = await succeed(folder, ...sample, "--precision", "bfloat16", "--save", "run");
    assertStringIncludes(err, ", bfloat16");
    const log = await Deno.readTextFile(join(folder, "run", "log.txt"));
    const stats = JSON.parse(log.trimEnd().split("\n").at(-1)!.replace("json_stats: ", ""));
    assertEquals(stats.precision, "bfloat16");
    const { out } = await succeed(folder, "--evaluate", "--resume", "run");
    const evaluated = JSON.parse(out.replace("json_stats: ", ""));
    assertEquals(evaluated.test_acc, stats.test_acc);
  }));

Deno.test(
  "deno task cifar refuses bfloat16 on an engine or a processor without it",
  { ignore },
  () =>
    inFolder(async (folder) => {
      const bfloat16 = [...sample, "--precision", "bfloat16"];
      await refuse(folder, 2, /remove --engine cpu/, ...bfloat16, "--engine", "cpu");
      // As on a processor without AVX-512, where oneDNN lacks such convolutions.
      const older = { ONEDNN_MAX_CPU_ISA: "AVX2", TF_ENABLE_ONEDNN_OPTS: "1" };
      for (const [name, value] of Object.entries(older)) Deno.env.set(name, value);
      try {
        await refuse(folder, 1, /Cannot compute in bfloat16: .*use float32/, ...bfloat16);
      } finally {
        for (const name of Object.keys(older)) Deno.env.delete(name);
      }
    }),
);
