/**
 * `--resume` with other options than before, and with another machine.
 *
 * @module
 */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { loadCheckpoint, saveCheckpoint } from "../../lib/training/checkpoint.ts";
import { startPosition } from "../../lib/training/loop.ts";
import { useTensorFlow } from "../../lib/engine/use_tensorflow.ts";
import { imagenetCommand } from "../../tasks/cli/imagenet_options.ts";
import { parseOptions, toLog, withDefaults } from "../../tasks/cli/options.ts";
import { inFolder } from "../folders.ts";
import { runTask } from "../reliability/training_process.ts";

await useTensorFlow();

const network = ["--dataset", "CIFAR10-sample", "--depth", "10", "--width", "0.25"];
const run = [...network, "--batch-size", "500", "--epochs", "9", "--save", "run"];

Deno.test("deno task cifar refuses within an epoch what would change it, and takes it after its end", () =>
  inFolder(async (cwd) => {
    const resume = (...args: string[]) => runTask({ cwd, args: ["--resume", "run", ...args] });
    assertEquals((await runTask({ cwd, args: [...run, "--max-steps", "6"] })).code, 0);
    const refused = await resume("--batch-size", "250", "--lr", "0.05", "--keep", "3");
    assertEquals(refused.code, 1, refused.err);
    const expected =
      "error: Cannot resume run with --lr 0.05 in place of 0.1, --batch-size 250 in " +
      "place of 500: it stopped within epoch 2, and this would change it midway; finish that epoch " +
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

Deno.test("deno task cifar says what has computed the run before, where that is another engine", () =>
  inFolder(async (cwd) => {
    assertEquals((await runTask({ cwd, args: [...run, "--max-steps", "1"] })).code, 0);
    const again = await runTask({ cwd, args: ["--resume", "run", "--max-steps", "2"] });
    assert(!again.err.includes("note:"), again.err);
    const args = ["--resume", "run", "--max-steps", "3", "--threads", "1", "--ngpu", "0"];
    const { code, err } = await runTask({ cwd, args });
    assertEquals(code, 0, err);
    assertMatch(
      err,
      /^note: engine was TensorFlow .* and is TensorFlow .*, 1 threads: results may/m,
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
