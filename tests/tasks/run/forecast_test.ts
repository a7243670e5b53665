/** Tests of what is known before a run's first step. @module */
import { assert, assertAlmostEquals, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { dirname, fromFileUrl, join } from "@std/path";
import { useTensorFlow } from "../../../lib/backend/use_tensorflow.ts";
import { UserError } from "../../../lib/errors.ts";
import { readStats } from "../../../tasks/run/run_log.ts";
import { cifarCommand } from "../../../tasks/cli/cifar_options.ts";
import { parseOptions } from "../../../tasks/cli/options.ts";
import { UsageError } from "../../../tasks/cli/usage_error.ts";
import { checkRelations, scheduleLines, scheduleOf } from "../../../tasks/run/forecast.ts";
import { resNetArchitecture, saveNetwork } from "../../../lib/networks/network.ts";
import { noTransfer } from "../../../lib/methods/table.ts";
import { inFolder } from "../../folders.ts";
import { runTask } from "../../reliability/training_process.ts";
import { long } from "../../long.ts";

await useTensorFlow();

function parse(line: string) {
  const values = parseOptions(cifarCommand.options, line.split(" ").filter(Boolean));
  cifarCommand.check?.(values);
  return values;
}

const decay = "--teacher-id t --beta 1000 --beta-decay step --beta-end 10";

Deno.test("scheduleOf() lets a beta in steps reach its end, whatever drops lie beyond the run", () => {
  for (const epochs of [61, 100, 120, 121, 160, 161, 200]) {
    const options = parse(`${decay} --epochs ${epochs}`);
    const schedule = scheduleOf(options, 10);
    const betas = Array.from(
      { length: epochs },
      (_, epoch) => schedule({ epoch, batch: 9, steps: 0 }).beta!,
    );
    assertEquals([betas[0], betas[59]], [1000, 1000]);
    assertAlmostEquals(betas.at(-1)!, 10, 1e-9);
    assertAlmostEquals(
      betas[60]!,
      1000 - 990 / [60, 120, 160].filter((e) => e < epochs).length,
      1e-9,
    );
  }
});

Deno.test("scheduleLines() says which drops the run does not reach", () => {
  const lines = (line: string) => scheduleLines(parse(line));
  assertEquals(lines(""), []);
  assertEquals(lines("--epochs 161"), []);
  assertEquals(lines("--epochs 5 --epoch-step []"), []);
  assertEquals(lines("--epochs 160"), [
    "learning rate: drops after epoch 60, 120 only, for --epochs 160 ends before --epoch-step 160",
  ]);
  assertEquals(lines("--epochs 5"), [
    "learning rate: stays 0.1, for --epochs 5 ends before --epoch-step 60,120,160",
  ]);
  assertEquals(lines(`${decay} --epochs 100`), [
    "learning rate: drops after epoch 60 only, for --epochs 100 ends before --epoch-step 120,160",
    "beta: is at 10 after epoch 60, for --epochs 100 ends before --epoch-step 120,160",
  ]);
});

Deno.test("deno task cifar refuses a beta in steps of which the run reaches none", () => {
  for (const end of ["--epochs 60", "--epochs 7", "--epoch-step []", "--epoch-step 200,300"]) {
    const { message } = assertThrows(() => parse(`${decay} ${end}`), UsageError);
    assertMatch(message, /^--beta-decay step has no effect: of --epoch-step .* none lies within/);
  }
  parse(`${decay} --epochs 60 --resume run`); // a run that began like this can continue
});

Deno.test("checkRelations() knows the batches that have no examples to relate", () => {
  const check = (size: number, batchSize: number, weights = {}) =>
    checkRelations({ ...noTransfer, ...weights, batchSize }, size);
  const weights = { relationalBeta: 1 };
  assertEquals(check(2001, 1000), []);
  assertEquals(check(2000, 1000, weights), []);
  assertEquals(check(2002, 1000, weights), []);
  const [line, ...others] = check(2001, 1000, weights);
  assertMatch(
    line!,
    /^note: the last batch of an epoch has 1 of the 2001 images.*--relational-beta 1;/,
  );
  assertEquals(others, []);
  for (const [size, batchSize] of [[2000, 1], [1, 128]] as const) {
    assertEquals(check(size, batchSize), []);
    for (
      const [key, flag] of [["relationalBeta", "relational"], ["similarityBeta", "similarity"]]
    ) {
      const { message } = assertThrows(() => check(size, batchSize, { [key!]: 2 }), UserError);
      assertMatch(message, new RegExp(`^Cannot train with --${flag}-beta 2: .*use a larger`));
    }
  }
});

long.test("deno task imagenet says first that an epoch ends with one example, and trains through it", () =>
  inFolder(async (cwd) => {
    const picture = fromFileUrl(new URL("../../fixtures/images/colour.jpg", import.meta.url));
    for (
      const path of [
        "train/a/0.jpg",
        "train/a/1.jpg",
        "train/b/0.jpg",
        "val/a/0.jpg",
        "val/b/0.jpg",
      ]
    ) {
      await Deno.mkdir(join(cwd, "images", dirname(path)), { recursive: true });
      await Deno.copyFile(picture, join(cwd, "images", path));
    }
    const teacher = resNetArchitecture({ depth: 18, width: 0.0625, numClasses: 2 });
    await saveNetwork(join(cwd, "teacher.safetensors"), teacher.model.init(1), {});
    const train = (batchSize: number, save: string) =>
      runTask({
        cwd,
        task: "imagenet",
        args: [
          ...[
            "--imagenetpath",
            "images",
            "--width",
            "0.0625",
            "--image-size",
            "40",
            "--resize",
            "44",
          ],
          ...["--teacher-params", "teacher.safetensors", "--relational-beta", "1"],
          // All terms, because any of them may be wrong for a single example.
          ...["--alpha", "0.5", "--decoupled-beta", "1", "--similarity-beta", "1", "--beta", "1"],
          ...["--activation-beta", "1", "--gradient-beta", "1", "--gradient-symmetry-beta", "1"],
          ...["--epochs", "1", "--batch-size", `${batchSize}`, "--save", save],
        ],
      });
    const { code, err } = await train(2, "run");
    assertEquals(code, 0, err);
    assertMatch(err, /^note: the last batch of an epoch has 1 of the 3 images/m);
    assert(err.indexOf("note: the last batch") < err.indexOf("student:"));
    const [stats] = await readStats(join(cwd, "run"));
    assertEquals(stats!.epoch, 1);
    const terms = stats!.terms as Record<string, number>;
    assert(terms.relational! > 0 && Object.values(terms).every(Number.isFinite));

    const single = await train(1, "single");
    assertEquals(single.code, 1, single.err);
    assertMatch(single.err, /^error: Cannot train with .*--relational-beta 1: that relates the/m);
  }));
