/**
 * That Ctrl-C and SIGTERM end a run in good order, and that it goes on from there.
 *
 * @module
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { useTensorFlow } from "../../lib/backend/use_tensorflow.ts";
import { checkpointOptions, stepsKept } from "../../lib/train/checkpoint.ts";
import { readStats } from "../../tasks/run/run_log.ts";
import { inFolder } from "../folders.ts";
import { long } from "../long.ts";
import { cifarHere } from "../tasks/in_process.ts";
import { runTask, startTraining } from "./training_process.ts";

await useTensorFlow();

const network = ["--dataset", "CIFAR10-sample", "--depth", "10"];
const run = [...network, "--width", "0.25", "--batch-size", "50", "--log-steps", "--epochs"];

/** Waits until a run has logged so many steps. */
async function untilStep(folder: string, steps: number): Promise<void> {
  for (;;) {
    const text = await Deno.readTextFile(join(folder, "steps.txt")).catch(() => "");
    if (text.split("\n").length > steps) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

const compared = ["model.safetensors", "steps.txt"];
let whole: Promise<Uint8Array[]> | undefined;

function filesOf(folder: string): Promise<Uint8Array[]> {
  return Promise.all(compared.map((name) => Deno.readFile(join(folder, name))));
}

/** What a run leaves that nobody ends; it is trained once. */
function filesOfWhole(): Promise<Uint8Array[]> {
  const train = async () => {
    let files: Uint8Array[] = [];
    await inFolder(async (cwd) => {
      await cifarHere.succeed(cwd, ...run, "2", "--save", "whole");
      files = await filesOf(join(cwd, "whole"));
    });
    return files;
  };
  return whole ??= train();
}

const signals = [["SIGINT", 130], ["SIGTERM", 143]] as const;

for (const [signal, code] of signals) {
  long.test({
    name:
      `deno task cifar ends after the step on ${signal} with ${code}, and goes on as if it never had`,
    ignore: Deno.build.os === "windows",
    fn: () =>
      inFolder(async (cwd) => {
        const process = startTraining({ cwd, args: [...run, "2", "--save", "parts"] });
        await untilStep(join(cwd, "parts"), 17);
        process.kill(signal);
        const ended = await process.ended;
        assertEquals([ended.code, ended.signal], [code, null], ended.err);
        assertStringIncludes(ended.err, "go on with: deno task cifar --resume parts\n");
        const [steps] = await stepsKept(join(cwd, "parts"));
        assert(steps! >= 17 && steps! < 80, `a checkpoint of step ${steps}`);

        await cifarHere.succeed(cwd, "--resume", "parts");
        const expected = await filesOfWhole();
        for (const [i, bytes] of (await filesOf(join(cwd, "parts"))).entries()) {
          assertEquals(bytes, expected[i], compared[i]);
        }
      }),
  });
}

long.test({
  name: "deno task cifar that is asked to end when all is done ends as it does by itself",
  ignore: Deno.build.os === "windows",
  fn: () =>
    inFolder(async (cwd) => {
      const process = startTraining({ cwd, args: [...run, "1", "--save", "run"] });
      // Before the parameters, the chart and the checkpoint are written.
      while ((await readStats(join(cwd, "run")).catch(() => [])).length === 0) {
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
      process.kill("SIGINT");
      const { code, err } = await process.ended;
      assertStringIncludes(err, "once more to end at once");
      assertEquals(code, 0, err);
      assertStringIncludes(err, "test accuracy: last ");
      assert(!err.includes("go on with"), err);
    }),
});

long.test({
  name: "deno task cifar ends at once on a second SIGINT, whatever runs, and can be resumed",
  ignore: Deno.build.os === "windows",
  fn: () =>
    inFolder(async (cwd) => {
      // Steps of some seconds on one processor, however many there are.
      const slow = [...network, "--width", "2", "--batch-size", "1000", "--threads", "1"];
      const process = startTraining({ cwd, args: [...slow, "--save", "run", "--log-steps"] });
      await untilStep(join(cwd, "run"), 1);
      process.kill("SIGINT");
      await process.says("once more to end at once");
      // What comes together is one request: a terminal signals all processes of a group.
      process.kill("SIGINT");
      await new Promise((resolve) => setTimeout(resolve, 600));
      process.kill("SIGINT");
      const start = performance.now();
      const { code, err } = await process.ended;
      assertEquals(code, 130, err);
      assert(performance.now() - start < 1000, "it took a second and more");
      assert(!err.includes("go on with"), err);
      assertEquals((await checkpointOptions(join(cwd, "run"))).depth, 10);
    }),
});

Deno.test({
  name: "deno task cifar ends with the signal's code before its first step, too",
  ignore: Deno.build.os === "windows",
  fn: () =>
    inFolder(async (cwd) => {
      const process = startTraining({ cwd, args: [...run, "2", "--save", "run"] });
      await process.says("student:");
      process.kill("SIGTERM");
      const { code, err } = await process.ended;
      assertEquals(code, 143, err);
      if ((await stepsKept(join(cwd, "run"))).length > 0) {
        const rest = await runTask({ cwd, args: ["--resume", "run", "--max-steps", "3"] });
        assertEquals(rest.code, 0, rest.err);
      }
    }),
});
