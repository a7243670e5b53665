/**
 * Tests of `--cache-teacher` as a user runs it, on the repository's sample.
 *
 * @module
 */
import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { join } from "@std/path";
import { useTensorFlow } from "../../../lib/backend/use_tensorflow.ts";
import { UserError } from "../../../lib/errors.ts";
import { readStats } from "../../../tasks/run/run_log.ts";
import { wideResNet } from "../../../models/wide_resnet.ts";
import { saveNetwork } from "../../../lib/networks/network.ts";
import { cacheTeacher } from "../../../tasks/run/teacher_cache.ts";
import { inFolder } from "../../folders.ts";
import { long } from "../../long.ts";
import { cifarHere } from "../in_process.ts";

await useTensorFlow();

const { succeed } = cifarHere;
/** A small student; 20 steps per epoch. */
const tiny = [
  ...["--dataset", "CIFAR10-sample", "--depth", "10", "--width", "0.0625", "--batch-size", "100"],
];
const model = wideResNet({ depth: 10, width: 0.25, numClasses: 10 });

/** Makes a run folder with a network's initial parameters, as if it had been trained. */
async function makeTeacher(folder: string): Promise<void> {
  await Deno.mkdir(folder, { recursive: true });
  const path = join(folder, "model.safetensors");
  await saveNetwork(path, model.init(1), { normalization: "paper" });
}

long.test("deno task cifar --cache-teacher trains as with a teacher that runs in every step, resumed too", () =>
  inFolder(async (cwd) => {
    await makeTeacher(join(cwd, "logs/teacher"));
    const run = [
      ...[...tiny, "--randomcrop-pad", "0", "--teacher-id", "teacher", "--epochs", "2"],
      ...["--alpha", "0.9", "--beta", "1000", "--at-groups", "0:1,2:2", "--decoupled-beta", "0.1"],
    ];
    await succeed(cwd, ...run, "--max-steps", "22", "--save", "running");
    const cached = [...run, "--cache-teacher"];
    const { err } = await succeed(cwd, ...cached, "--max-steps", "20", "--save", "cached");
    // 2,000 images, original and flipped: maps of 16x16 and 8x8, and 10 logits.
    assertStringIncludes(err, "logits of 2000 images, as they are and flipped, takes 6 MB");
    const again = await succeed(cwd, "--resume", "cached", "--max-steps", "22");
    assertStringIncludes(again.err, "takes 6 MB");
    assert(!(await succeed(cwd, "--resume", "cached", "--max-steps", "22")).err.includes("MB"));
    const [running, kept] = await Promise.all(
      ["running", "cached"].map((name) => readStats(join(cwd, name))),
    );
    assertEquals(kept!.length, 2);
    assertEquals(kept!.at(-1)!.cache_teacher, true);
    // Rounding depends on the batch size, and training amplifies it from step to step.
    const tolerances = [1e-4, 1e-3];
    for (const [i, { terms }] of running!.entries()) {
      const ours = kept![i]!.terms as Record<string, number>;
      assertEquals(Object.keys(ours), Object.keys(terms as object));
      for (const [name, value] of Object.entries(terms as Record<string, number>)) {
        assertAlmostEquals(ours[name]! / value, 1, tolerances[i], name);
      }
    }
  }));

Deno.test("cacheTeacher() says how much memory it lacks, before it runs the teacher", async () => {
  const { message } = await assertRejects(
    () =>
      cacheTeacher({ model, params: model.init(1) }, {
        pairs: [{ student: 0, teacher: 0, weight: 1 }],
        attention: {},
        size: 1e12,
        imageShape: [32, 32, 3],
        batches: () => [],
      }),
    UserError,
    "Cannot cache the teacher's outputs: they need 8272000000 MB of memory, which is not free",
  );
  assert(!message.includes("\n"));
});
