/**
 * Tests of `--resume` with other options than before, and on another machine.
 *
 * @module
 */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { exists } from "../../../lib/files.ts";
import { checkpointPath, loadCheckpoint, saveCheckpoint } from "../../../lib/train/checkpoint.ts";
import { startPosition } from "../../../lib/train/position.ts";
import { useTensorFlow } from "../../../lib/backend/use_tensorflow.ts";
import { imagenetCommand } from "../../../tasks/cli/imagenet_options.ts";
import { parseOptions, toLog, withDefaults } from "../../../tasks/cli/options.ts";
import { readStats } from "../../../tasks/run/run_log.ts";
import { wideResNet } from "../../../models/wide_resnet.ts";
import { saveNetwork } from "../../../lib/networks/network.ts";
import { inFolder, namesIn } from "../../folders.ts";
import { runTask, startTraining } from "../../reliability/training_process.ts";
import { cifarHere } from "../in_process.ts";
import { long } from "../../long.ts";

await useTensorFlow();

const { run: cifar } = cifarHere;
const network = ["--dataset", "CIFAR10-sample", "--depth", "10", "--width", "0.0625"];
const run = [...network, "--batch-size", "500", "--epochs", "9", "--save", "run"];

long.test("deno task cifar refuses within an epoch what would change it, and takes it after its end", () =>
  inFolder(async (cwd) => {
    const resume = (...args: string[]) => cifar(cwd, "--resume", "run", ...args);
    assertEquals((await cifar(cwd, ...run, "--max-steps", "6")).code, 0);
    const refused = await resume("--batch-size", "250", "--lr", "0.05", "--keep", "3");
    assertEquals(refused.code, 1, refused.err);
    const expected =
      "error: Cannot resume run with --batch-size 250 in place of 500, --lr 0.05 in " +
      "place of 0.1: it stopped within epoch 2, and this would change it midway; finish that epoch " +
      "first, with --max-steps 8 and the options as they were\n";
    assertStringIncludes(refused.err, expected);

    const finished = await resume("--max-steps", "8", "--keep", "1");
    assertEquals(finished.code, 0, finished.err);
    assertMatch(finished.err, /^note: --keep 1 in place of 2$/m);
    const changed = await resume("--batch-size", "250", "--lr", "0.05", "--max-steps", "9");
    assertEquals(changed.code, 0, changed.err);
    assertMatch(changed.err, /^note: --lr 0\.05 in place of 0\.1$/m);
    assertMatch(changed.err, /^note: --batch-size 250 in place of 500$/m);
    const { position, options } = await loadCheckpoint(join(cwd, "run"));
    assertEquals([position.epoch, position.batch, position.steps], [2, 1, 9]);
    assertEquals([options.lr, options.batch_size, options.keep], [0.05, 250, 1]);
  }));

/** Starts a run and kills it in the evaluation after `steps` steps, before the result is saved. */
async function killInEvaluation(cwd: string, steps: number, args: readonly string[]) {
  const every = ["--checkpoint-every", String(steps), "--max-steps", String(steps)];
  const process = startTraining({ cwd, args: [...args, ...every] });
  const path = checkpointPath(join(cwd, "run"), steps);
  // The checkpoint after the evaluation replaces this one; a chart is drawn before it is written.
  while (!await exists(path)) await new Promise((resolve) => setTimeout(resolve, 1));
  process.kill("SIGKILL");
  assertEquals((await process.ended).signal, "SIGKILL");
  const { position } = await loadCheckpoint(join(cwd, "run"));
  assertEquals([position.batch, position.pendingEvaluation], [steps, true]);
}

async function lastFigures(folder: string) {
  const {
    train_time: _,
    test_time: __,
    processor_time: ___,
    save: ____,
    resume: _____,
    ...metrics
  } = (await readStats(folder)).at(-1)!;
  return metrics;
}

long.test("deno task cifar that was killed in an evaluation makes it when resumed, and then takes changes", () =>
  inFolder(async (cwd) => {
    const resume = (...args: string[]) => cifar(cwd, "--resume", "run", ...args);
    await killInEvaluation(cwd, 4, [...run, "--log-terms"]);
    const refused = await resume("--lr", "0.05");
    assertEquals(refused.code, 1, refused.err);
    assertStringIncludes(
      refused.err,
      "finish that epoch first, with --max-steps 4 and the options",
    );

    const finished = await resume("--max-steps", "4", "--profile", "trace.json");
    assertEquals(finished.code, 0, finished.err);
    assertMatch(finished.err, /^gradient norm of each weighted term: /m);
    assert(namesIn(cwd).includes("trace.json"));
    const { position } = await loadCheckpoint(join(cwd, "run"));
    assertEquals([position.epoch, position.batch, position.steps], [1, 0, 4]);
    const changed = await resume("--lr", "0.05", "--max-steps", "5");
    assertEquals(changed.code, 0, changed.err);
    assertMatch(changed.err, /^note: --lr 0\.05 in place of 0\.1$/m);
  }));

long.test("deno task cifar --max-steps that was killed in its evaluation makes it when resumed, once", () =>
  inFolder(async (cwd) => {
    await killInEvaluation(cwd, 2, run);
    const args = ["--resume", "run", "--max-steps", "2"];
    const finished = await cifar(cwd, ...args);
    assertEquals(finished.code, 0, finished.err);
    assertStringIncludes(finished.out, "epoch 0.5: train loss ");
    const again = await cifar(cwd, ...args);
    assertStringIncludes(again.err, "nothing left to do: 0 epochs and 2 steps are done");

    const whole = await cifar(cwd, ...run.slice(0, -1), "whole", "--max-steps", "2");
    assertEquals(whole.code, 0, whole.err);
    const metrics = await lastFigures(join(cwd, "run"));
    const unkilled = await lastFigures(join(cwd, "whole"));
    assertEquals(metrics, { ...unkilled, checkpoint_every: "2" });
    const [a, b] = ["run", "whole"].map((name) =>
      Deno.readFileSync(join(cwd, name, "model.safetensors"))
    );
    assertEquals(a, b);
  }));

long.test("deno task cifar refuses another teacher within an epoch, and takes it after its end", () =>
  inFolder(async (cwd) => {
    const path = join(cwd, "teacher.safetensors");
    const makeTeacher = async (seed: number) => {
      const { init } = wideResNet({ depth: 10, width: 0.0625, numClasses: 10 });
      await saveNetwork(path, init(seed), { normalization: "paper" });
    };
    await makeTeacher(1);
    const teacher = ["--teacher-id", "teacher.safetensors", "--alpha", "0.9"];
    const first = await cifar(cwd, ...run, ...teacher, "--max-steps", "2");
    assertEquals(first.code, 0, first.err);
    const more = (steps: number) => cifar(cwd, "--resume", "run", "--max-steps", `${steps}`);

    await makeTeacher(2);
    const refused = await more(4);
    assertEquals(refused.code, 1, refused.err);
    assertMatch(
      refused.err,
      /^error: Cannot resume run with other parameters of the teacher: it stopped within epoch 1/m,
    );
    await makeTeacher(1);
    const rest = await more(4);
    assertEquals(rest.code, 0, rest.err);
    assert(!rest.err.includes("note:"), rest.err);
    await makeTeacher(2);
    const next = await more(5);
    assertEquals(next.code, 0, next.err);
    assertMatch(next.err, /^note: other parameters of the teacher$/m);
  }));

/**
 * Starts a run of one step with the teacher `t/model.safetensors` under the name `id`; returns its
 * folder.
 */
async function followTeacherAs(cwd: string, id: string): Promise<string> {
  const { init } = wideResNet({ depth: 10, width: 0.0625, numClasses: 10 });
  await Deno.mkdir(join(cwd, "t"));
  await saveNetwork(join(cwd, "t/model.safetensors"), init(1), { normalization: "paper" });
  const args = [...run, "--teacher-id", id, "--alpha", "0.9", "--max-steps", "1"];
  const { code, err } = await cifar(cwd, ...args);
  assertEquals(code, 0, err);
  return join(cwd, "run");
}

long.test("deno task cifar goes on within an epoch with the same teacher, however its file is named", () =>
  inFolder(async (cwd) => {
    await followTeacherAs(cwd, "t");
    await Deno.mkdir(join(cwd, "copies"));
    await Deno.copyFile(join(cwd, "t/model.safetensors"), join(cwd, "copies/a b.safetensors"));
    await Deno.symlink(join(cwd, "t"), join(cwd, "link"));
    const names = [
      "./t",
      join(cwd, "t"),
      "t/../t/model.safetensors",
      "link",
      "copies/a b.safetensors",
    ];
    for (const [i, name] of names.entries()) {
      const steps = i % 2 === 0 ? 2 : 3; // always within the epoch
      const args = ["--resume", "run", "--teacher-id", name, "--max-steps", `${steps}`];
      const { code, err } = await cifar(cwd, ...args);
      assertEquals(code, 0, err);
      assertMatch(err, /^note: --teacher-id .* in place of .*, with the same parameters$/m);
    }
  }));

long.test("deno task cifar goes on where run and teacher were moved, and says what to name", () =>
  inFolder(async (cwd) => {
    await followTeacherAs(cwd, join(cwd, "t"));
    await Deno.mkdir(join(cwd, "moved"));
    for (const name of ["run", "t"]) await Deno.rename(join(cwd, name), join(cwd, "moved", name));
    const resume = (...more: string[]) =>
      cifar(cwd, "--resume", "moved/run", "--max-steps", "2", ...more);
    const lost = await resume();
    assertEquals(lost.code, 1, lost.err);
    const path = join(cwd, "t");
    assertStringIncludes(
      lost.err,
      `error: Cannot use teacher ${path}: there is no ${
        join(path, "model.safetensors")
      } here; name ` +
        "the place where it lies now with --teacher-id\n",
    );
    const found = await resume("--teacher-id", "moved/t");
    assertEquals(found.code, 0, found.err);
  }));

long.test("deno task cifar refuses by name another teacher within an epoch, under the old name or another", () =>
  inFolder(async (cwd) => {
    await followTeacherAs(cwd, "t");
    const { init } = wideResNet({ depth: 10, width: 0.0625, numClasses: 10 });
    await saveNetwork(join(cwd, "other.safetensors"), init(2), { normalization: "paper" });
    const resume = async (...more: string[]) => {
      const args = ["--resume", "run", "--max-steps", "2", ...more];
      const { code, err } = await cifar(cwd, ...args);
      assertEquals(code, 1, err);
      return err;
    };
    assertMatch(
      await resume("--teacher-id", "other.safetensors"),
      /^error: Cannot resume run with --teacher-id other\.safetensors in place of t: it stopped/m,
    );
    await Deno.rename(join(cwd, "other.safetensors"), join(cwd, "t/model.safetensors"));
    assertMatch(
      await resume(),
      /^error: .* parameters of the teacher: .* another file than t\/model\.safetensors; put that/m,
    );
  }));

Deno.test("deno task imagenet goes on with its teacher, by whichever of two options it is named", () =>
  inFolder(async (folder) => {
    const parse = (table: typeof imagenetCommand.options, ...args: string[]) => {
      const values = parseOptions(table, ["--imagenetpath", "images", "--resume", folder, ...args]);
      imagenetCommand.check?.(values);
      return values;
    };
    const logged = toLog(
      parseOptions(imagenetCommand.options, ["--teacher-id", "t", "--alpha", "0.9"]),
    );
    const [state, position] = [{ params: {}, buffers: {} }, startPosition()];
    await saveCheckpoint(folder, { state, position, options: logged, engine: "none" });
    const resume = async (...args: string[]) => {
      const given = parseOptions(imagenetCommand.options, ["--resume", folder, ...args]);
      const defaults = (await imagenetCommand.defaults?.(given))!;
      const values = parse(withDefaults(imagenetCommand.options, defaults), ...args);
      return [values.teacherId, values.teacherParams, values.alpha];
    };
    assertEquals(await resume(), ["t", undefined, 0.9]);
    assertEquals(await resume("--teacher-params", "f.pth"), [undefined, "f.pth", 0.9]);
    assertEquals(await resume("--teacher-id", "u"), ["u", undefined, 0.9]);
  }));

long.test("deno task cifar refuses a teacher whose place the student would take", () =>
  inFolder(async (cwd) => {
    assertEquals((await cifar(cwd, ...run, "--max-steps", "1")).code, 0);
    const args = ["--resume", "run", "--teacher-id", "run", "--alpha", "0.9"];
    const { code, err } = await cifar(cwd, ...args);
    assertEquals(code, 1, err);
    assertMatch(err, /^error: Cannot train in run with the teacher run: the student would take/m);
    await Deno.symlink(join(cwd, "run"), join(cwd, "link"));
    const linked = await cifar(cwd, ...args.with(3, "link"));
    assertEquals(linked.code, 1, linked.err);
    assertMatch(
      linked.err,
      /^error: Cannot train in run with the teacher link: the student would/m,
    );
  }));

long.test("deno task cifar says what has computed the run before, where that is another engine", () =>
  inFolder(async (cwd) => {
    assertEquals((await cifar(cwd, ...run, "--max-steps", "1")).code, 0);
    const again = await cifar(cwd, "--resume", "run", "--max-steps", "2");
    assert(!again.err.includes("note:"), again.err);
    const args = ["--resume", "run", "--max-steps", "3", "--threads", "3", "--ngpu", "0"];
    const { code, err } = await runTask({ cwd, args });
    assertEquals(code, 0, err);
    assertMatch(
      err,
      /^note: engine was TensorFlow .* and is TensorFlow .*, 3 threads, .*: results may/m,
    );
  }));

Deno.test("imagenetCommand goes on with a run that was started by --finetune", () =>
  inFolder(async (folder) => {
    const parse = (table: typeof imagenetCommand.options, ...args: string[]) => {
      const values = parseOptions(table, ["--imagenetpath", "images", ...args]);
      imagenetCommand.check?.(values);
      return values;
    };
    const options = toLog(parse(imagenetCommand.options, "--finetune", "a.pth", "--lr", "0.01"));
    const [state, position] = [{ params: {}, buffers: {} }, startPosition()];
    await saveCheckpoint(folder, { state, position, options, engine: "none" });
    const resumed = parse(imagenetCommand.options, "--resume", folder);
    const restored = withDefaults(
      imagenetCommand.options,
      (await imagenetCommand.defaults?.(resumed))!,
    );
    const { lr, finetune } = parse(restored, "--resume", folder);
    assertEquals([lr, finetune], [0.01, undefined]);
  }));
