/**
 * The whole of `deno task cifar`, as a user runs it, on the sample that comes with the repository.
 *
 * @module
 */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { useTensorFlow } from "../../lib/engine/use_tensorflow.ts";
import { readStats } from "../../lib/training/run_log.ts";
import { loadParams } from "../../lib/weights.ts";
import { wideResNetOptions } from "../../models/wide_resnet.ts";
import { inFolder, namesIn } from "../folders.ts";

await useTensorFlow();

const root = fromFileUrl(new URL("../../", import.meta.url));
const sample = ["--dataset", "CIFAR10-sample"];
/** A small network and large batches: 4 steps an epoch. */
const small = [...sample, "--depth", "10", "--batch-size", "500"];

/** Runs the task from another folder than the repository, as `deno task` tells it by INIT_CWD. */
async function cifar(cwd: string, ...args: string[]) {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", "tasks/launch.ts", "cifar", ...args],
    cwd: root,
    env: { INIT_CWD: cwd, NO_COLOR: "1" },
  }).output();
  const decoder = new TextDecoder();
  return { code, out: decoder.decode(stdout), err: decoder.decode(stderr) };
}

async function succeed(cwd: string, ...args: string[]) {
  const result = await cifar(cwd, ...args);
  assertEquals(result.code, 0, result.err);
  return result;
}

Deno.test("deno task cifar trains a teacher, and a student from it by the original's flags", () =>
  inFolder(async (cwd) => {
    await succeed(cwd, ...small, "--width", "2", "--epochs", "1", "--save", "logs/teacher");
    const { out, err } = await succeed(
      cwd,
      ...small,
      ...["--save", "logs/student", "--teacher_id", "teacher", "--beta", "1e+3", "--alpha", "0.9"],
      ...["--epoch_step", "[60,120,160]", "--gpu_id", "0", "--max-steps", "6"],
    );
    const folder = join(cwd, "logs/student");
    const files = namesIn(folder).map((name) => name.replace(/^events\..*/, "events"));
    assertEquals(files, ["checkpoint", "curves.svg", "events", "log.txt", "model.safetensors"]);
    const stats = await readStats(folder);
    assertEquals(stats.map(({ epoch }) => epoch), [1, 1.5]);
    const last = stats[1]!;
    assertEquals(last.at_losses.length, 3);
    assert(last.at_losses.every((loss) => loss > 0 && loss < 0.1));
    assertEquals([last.teacher_id, last.beta, last.alpha, last.depth], ["teacher", 1000, 0.9, 10]);
    assertEquals(last.n_parameters, 77850);
    assertStringIncludes(out, `json_stats: {"epoch":1.5`);
    assertStringIncludes(err, "engine: TensorFlow");
    assertStringIncludes(err, "--gpu-id has no effect");
    const params = await loadParams(join(folder, "model.safetensors"));
    assertEquals(wideResNetOptions(params), { depth: 10, width: 1, numClasses: 10 });

    const evaluated = await succeed(cwd, ...sample, "--evaluate", "--resume", "logs/student");
    const { test_acc, test_loss } = JSON.parse(evaluated.out.replace("json_stats: ", ""));
    assertEquals([test_acc, test_loss], [last.test_acc, last.test_loss]);
  }));

Deno.test("deno task cifar resumes where it stopped, as if it never had", () =>
  inFolder(async (cwd) => {
    const run = [...small, "--seed", "7", "--epochs", "2", "--epoch-step", "1"];
    await succeed(cwd, ...run, "--save", "whole");
    await succeed(cwd, ...run, "--save", "parts", "--max-steps", "3");
    await succeed(cwd, "--resume", "parts");
    const [whole, parts] = ["whole", "parts"].map((name) =>
      Deno.readFileSync(join(cwd, name, "model.safetensors"))
    );
    assertEquals(parts, whole);
    const losses = await Promise.all(
      ["whole", "parts"].map(async (name) =>
        (await readStats(join(cwd, name))).filter(({ epoch }) => Number.isInteger(epoch))
          .map(({ train_loss, test_loss, train_acc }) => ({ train_loss, test_loss, train_acc }))
      ),
    );
    assertEquals(losses[1], losses[0]);

    const again = await succeed(cwd, "--resume", "parts");
    assertStringIncludes(again.err, "nothing left to do: 2 epochs and 8 steps are done");
    const other = await cifar(cwd, "--resume", "parts", "--depth", "16", "--epochs", "3");
    assertEquals(other.code, 1);
    assertMatch(other.err, /error: Cannot use the checkpoint of parts: it has no group0\.block1/);
  }));

Deno.test("deno task cifar trains on tfjs's plain backend", () =>
  inFolder(async (cwd) => {
    const { err } = await succeed(
      cwd,
      ...[...sample, "--depth", "10", "--width", "0.25", "--batch-size", "4", "--max-steps", "1"],
      ...["--engine", "cpu", "--save", "run"],
    );
    assertStringIncludes(err, "engine: tfjs");
    assert(!namesIn(join(cwd, "run")).some((name) => name.startsWith("events")));
  }));

const refused: [string, string[], number, RegExp][] = [
  ["an unknown flag", ["--depht", "16"], 2, /unknown option --depht; did you mean --depth\?/],
  ["a depth that is not 6n + 4", ["--depth", "17"], 2, /--depth must be .*6n \+ 4.*17/],
  ["a beta without a teacher", [...sample, "--beta", "1e3"], 2, /--beta 1000 needs a teacher/],
  ["a missing teacher", [...sample, "--teacher-id", "nobody"], 1, /logs.nobody.model\.safetensors/],
  ["a missing data file", ["--dataroot", "cut"], 1, /cifar-10-batches-bin/],
  ["a folder that cannot be written", [...sample, "--save", "file/run"], 1, /file.run/],
  ["another run's folder", [...sample, "--save", "run"], 1, /run: it holds the results/],
  [
    "parameters of another network",
    [
      ...sample,
      ...["--evaluate", "--params", "other.safetensors"],
    ],
    1,
    /other\.safetensors: these are no parameters/,
  ],
  [
    "a loss that is not finite",
    [...small, "--lr", "1e30", "--save", "wild"],
    1,
    /cross_entropy is/,
  ],
];

Deno.test("deno task cifar refuses with one line and leaves nothing half done:", async (t) => {
  await inFolder(async (cwd) => {
    await Deno.writeTextFile(join(cwd, "file"), "");
    await Deno.mkdir(join(cwd, "cut/cifar-10-batches-bin"), { recursive: true });
    await Deno.writeFile(join(cwd, "cut/cifar-10-batches-bin/data_batch_1.bin"), new Uint8Array(9));
    await Deno.writeTextFile(join(cwd, "cut/cifar-10-batches-bin/batches.meta.txt"), "a\nb\n");
    await Deno.mkdir(join(cwd, "run"));
    await Deno.writeTextFile(join(cwd, "run/model.safetensors"), "");
    await Deno.copyFile(
      join(root, "tests/fixtures/losses.safetensors"),
      join(cwd, "other.safetensors"),
    );
    const before = namesIn(cwd);
    for (const [what, args, code, message] of refused) {
      await t.step(what, async () => {
        const result = await cifar(cwd, ...args);
        assertEquals(result.code, code, result.err);
        const lines = result.err.trimEnd().split("\n").filter((line) => /^error/.test(line));
        assertEquals(lines.length, 1, result.err);
        assertMatch(lines[0]!, message);
        assert(!/^ {4}at /m.test(result.err), `a stack trace: ${result.err}`);
      });
    }
    assertEquals(namesIn(cwd).filter((name) => name !== "wild"), before);
  });
});
