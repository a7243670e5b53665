/**
 * Runs with averaged and best weights, early stops, and everything that a recipe adds to a step.
 *
 * @module
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { join } from "@std/path";
import { useTensorFlow } from "../../../lib/backend/use_tensorflow.ts";
import { parseObject } from "../../../lib/json.ts";
import { type EpochStats, readStats } from "../../../tasks/run/run_log.ts";
import { inFolder, namesIn } from "../../folders.ts";
import { long } from "../../long.ts";
import { taskRunner } from "../command.ts";
import { cifarHere } from "../in_process.ts";

await useTensorFlow();

const sample = ["--dataset", "CIFAR10-sample", "--depth", "10", "--width", "0.0625"];
const small = [...sample, "--holdout", "1700", "--batch-size", "100"];

const { succeed: run } = cifarHere;

/** The accuracy of a file of weights on the held-out images. */
async function accuracyOf(cwd: string, file: string): Promise<unknown> {
  const { out } = await run(
    cwd,
    "--evaluate",
    "--params",
    file,
    ...small.slice(0, 2),
    ...small.slice(6, 8),
  );
  return parseObject(out.replace("json_stats: ", ""))!.test_acc;
}

long.test("deno task cifar --early-stop ends after the best epoch, and keeps its weights", () =>
  inFolder(async (cwd) => {
    const line = ["--ema", "0.8", "--early-stop", "1", "--epochs", "9", "--lr", "0.2"];
    const { err } = await run(cwd, ...small, ...line, "--save", "run");
    const accuracies = (await readStats(join(cwd, "run"))).map(({ ema_test_acc }) => ema_test_acc!);
    const best = accuracies.reduce(
      (best, accuracy, i) => accuracy > accuracies[best]! ? i : best,
      0,
    );
    const stopped = accuracies.length < 9;
    assertEquals(accuracies.length, stopped ? best + 2 : 9);
    assertEquals(err.includes("stopped early: no better test accuracy in 1 epoch\n"), stopped);
    assertMatch(err, /^the best epoch's weights: run.best\.safetensors$/m);
    const names = namesIn(join(cwd, "run")).filter((name) => name.endsWith(".safetensors"));
    assertEquals(names, ["best.safetensors", "ema.safetensors", "model.safetensors"]);
    assertEquals(await accuracyOf(cwd, "run/best.safetensors"), accuracies[best]);
    assertEquals(await accuracyOf(cwd, "run/ema.safetensors"), accuracies.at(-1));
    const again = await run(cwd, "--resume", "run");
    assertMatch(again.err, stopped ? /nothing left to do: .*; see --early-stop/ : /see --epochs/);
  }));

long.test("deno task cifar --resume begins averages between epochs, and goes on with them", () =>
  inFolder(async (cwd) => {
    await run(cwd, ...small, "--epochs", "1", "--save", "run");
    const { err } = await run(cwd, "--resume", "run", "--epochs", "2", "--ema", "0.9");
    assertMatch(err, /^note: --ema 0\.9 in place of \(none\)$/m);
    await run(cwd, "--resume", "run", "--epochs", "3");
    const [first, second, third] = await readStats(join(cwd, "run"));
    const has = (stats: EpochStats | undefined) => "ema_test_acc" in stats!;
    assertEquals([has(first), has(second), has(third)], [false, true, true]);
  }));

long.test("deno task cifar trains with all of a recipe in two workers as in one process", () =>
  inFolder(async (cwd) => {
    const line = [
      ...[...small, "--epochs", "2", "--lr-schedule", "cosine", "--label-smoothing", "0.1"],
      ...[
        "--clip-norm",
        "0.5",
        "--weight-decay-on",
        "weights",
        "--ema",
        "0.8",
        "--early-stop",
        "1",
      ],
    ];
    await run(cwd, ...line, "--save", "one");
    const workers = ["--workers", "2", "--sync-batchnorm"];
    await taskRunner("cifar").succeed(cwd, ...line, "--save", "two", ...workers);
    const [one, two] = await Promise.all(["one", "two"].map((name) => readStats(join(cwd, name))));
    assertEquals(two!.length, one!.length);
    for (const [i, stats] of one!.entries()) {
      for (const name of ["train_loss", "test_loss", "ema_test_loss"] as const) {
        const [a, b] = [stats[name]!, two![i]![name]!];
        assert(Math.abs(a - b) < 1e-4 * a, `${name} of epoch ${i + 1}: ${a} and ${b}`);
      }
      assertEquals(two![i]!.ema_test_acc, stats.ema_test_acc);
    }
  }));
