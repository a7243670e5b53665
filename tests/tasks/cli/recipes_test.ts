/**
 * Tests of the defaults of `deno task cifar`: from a recipe, and from a resumed run.
 *
 * @module
 */
import "@tensorflow/tfjs";
import { assert, assertEquals, assertRejects } from "@std/assert";
import { saveCheckpoint } from "../../../lib/train/checkpoint.ts";
import { startPosition } from "../../../lib/train/position.ts";
import { cifarCommand, type CifarOptions } from "../../../tasks/cli/cifar_options.ts";
import { parseOptions, toLog, withDefaults } from "../../../tasks/cli/options.ts";
import { imagenetCommand, type ImagenetOptions } from "../../../tasks/cli/imagenet_options.ts";
import { recipeBatchSize, recipeNames, type RecipeOption } from "../../../tasks/cli/recipes.ts";
import { transferNotes } from "../../../tasks/cli/transfer_options.ts";
import { UsageError } from "../../../tasks/cli/usage_error.ts";
import { inFolder } from "../../folders.ts";

/** Reads a command line with its recipe's or run's defaults. */
async function parse(commandLine: string): Promise<CifarOptions> {
  const args = commandLine.split(" ").filter((arg) => arg !== "");
  const logged = await cifarCommand.defaults?.(parseOptions(cifarCommand.options, args));
  assert(logged);
  const values = parseOptions(withDefaults(cifarCommand.options, logged), args);
  cifarCommand.check?.(values);
  return values;
}

const defaults = parseOptions(cifarCommand.options, []);

Deno.test("cifarCommand takes a recipe for defaults, which flags override", async () => {
  assertEquals(await parse(""), { ...defaults, recipe: "paper" });
  assertEquals(await parse("--recipe paper"), { ...defaults, recipe: "paper" });
  const repdistiller: CifarOptions = {
    ...defaults,
    recipe: "repdistiller",
    epochs: 240,
    epochStep: [150, 180, 210],
    lr: 0.05,
    lrDecayRatio: 0.1,
    weightDecay: 5e-4,
    batchSize: 64,
    randomcropPad: 4,
    padding: "zero",
    normalization: "repdistiller",
    bnWeight: "ones",
  };
  assertEquals(await parse("--recipe repdistiller"), repdistiller);
  assertEquals(
    await parse("--lr 0.1 --recipe repdistiller --padding reflect --epoch-step []"),
    { ...repdistiller, lr: 0.1, padding: "reflect", epochStep: [] },
  );
});

Deno.test("cifarCommand refuses a recipe that there is not", async () => {
  const table = "repdistiller/wrn_40_2-wrn_16_2";
  const names = {
    "pape": "did you mean paper? See --help",
    [table]: `did you mean ${table}/kd, ${table}/at, ${table}/sp or ${table}/rkd? See --help`,
    [`${table}/AT`]: `did you mean ${table}/at? See --help`,
    "constructor": "see --help",
  };
  for (const [name, advice] of Object.entries(names)) {
    await assertRejects(
      () => parse(`--recipe ${name}`),
      UsageError,
      `--recipe must be paper, repdistiller, or a name of --list-recipes, not "${name}"; ${advice}`,
    );
  }
  await assertRejects(
    () => parse("--recipe repdistiller/vgg13-vgg8/at"),
    UsageError,
    "--beta 1000 needs a teacher: name a run folder, a file or a pretrained network with --teacher-id",
  );
  await parse("--recipe repdistiller/vgg13-vgg8/at --evaluate --params a.safetensors");
});

Deno.test("no value of a recipe's own is one that has no effect", async () => {
  for (const recipe of recipeNames.filter((name) => !name.includes("/"))) {
    assertEquals(transferNotes(await parse(`--recipe ${recipe}`)), []);
  }
});

Deno.test("recipeBatchSize() is the default of --batch-size, whatever its value", async () => {
  for (const recipe of recipeNames) {
    const { batchSize } = await parse(`--recipe ${recipe} --teacher-id t`);
    const other = await parse(`--recipe ${recipe} --teacher-id t --batch-size 7`);
    assertEquals(recipeBatchSize(other), batchSize);
  }
  assertEquals(recipeBatchSize(await parse("--batch-size 7")), 128);
  assertEquals(recipeBatchSize(defaults), 128); // as after a log from before there were recipes
  const imagenet: ImagenetOptions & RecipeOption = parseOptions(imagenetCommand.options, [
    "--batch-size",
    "7",
  ]);
  assertEquals(recipeBatchSize(imagenet), imagenetCommand.options.batchSize.default);
  assertEquals(recipeBatchSize(imagenet), 256);
});

/** A folder with the checkpoint of a run with this command line. */
async function saveRun(folder: string, commandLine: string): Promise<CifarOptions> {
  const values = await parse(commandLine);
  await saveCheckpoint(folder, {
    state: { params: {}, buffers: {} },
    position: startPosition(),
    options: toLog(values),
    engine: "none",
  });
  return values;
}

Deno.test("cifarCommand goes on with the options of the run, its recipe among them", () =>
  inFolder(async (folder) => {
    const line =
      "--recipe repdistiller --teacher-id t --beta 9 --beta-decay step --at-groups 1,2 " +
      "--at-weights 1,2 --sge 4 --lr 0.3 --log-terms";
    const { save: _, ...values } = await saveRun(
      folder,
      `${line} --save ${folder} --init a.safetensors --max-steps 5 --threads 1`,
    );
    const started = { save: undefined, init: undefined, maxSteps: undefined, threads: undefined };
    const restored = { ...values, ...started, resume: folder };
    assertEquals(await parse(`--resume ${folder}`), restored);
    assertEquals(await parse(`--resume ${folder} --lr 0.2 --epochs 300`), {
      ...restored,
      lr: 0.2,
      epochs: 300,
    });
    assertEquals(await parse(`--evaluate --resume ${folder}`), {
      ...restored,
      evaluate: true,
    });
  }));

Deno.test("cifarCommand refuses a recipe for a run that is resumed", () =>
  inFolder(async (folder) => {
    await saveRun(folder, "--lr 0.3");
    for (const recipe of ["paper", "repdistiller"]) {
      await assertRejects(
        () => parse(`--resume ${folder} --recipe ${recipe}`),
        UsageError,
        `--recipe ${recipe} starts a run`,
      );
    }
  }));
