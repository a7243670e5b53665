/**
 * Tests of the recipes by pair: each can be run as it is, and names networks that are there.
 *
 * @module
 */
import "@tensorflow/tfjs";
import { assert, assertEquals } from "@std/assert";
import { weightNames } from "../../../lib/methods/table.ts";
import { cifarCommand } from "../../../tasks/cli/cifar_options.ts";
import { readCommandLine } from "../../../tasks/cli/main.ts";
import { networkValues, pairRecipes } from "../../../tasks/cli/pair_recipes.ts";
import { recipeBatchSize, recipeLines, recipeNames } from "../../../tasks/cli/recipes.ts";
import { transferNotes } from "../../../tasks/cli/transfer_options.ts";
import { cifarNetwork } from "../../../tasks/run/cifar_run.ts";

const parse = (...args: string[]) => readCommandLine(cifarCommand, args);

Deno.test("pairRecipes give a student, a method of weight above 0, and nothing without effect", async () => {
  assert(pairRecipes.size > 30);
  for (const [name, { teacher, values, published }] of pairRecipes) {
    const options = await parse("--recipe", name, "--teacher-id", "t");
    assertEquals(options.dataset, "CIFAR100", name);
    assertEquals(transferNotes(options), [], name);
    assertEquals(weightNames.filter((weight) => options[weight] > 0).length, 1, name);
    assertEquals(recipeBatchSize(options), options.batchSize, name);
    const [, pair] = name.split("/");
    const student = pair!.slice(teacher.length + 1);
    for (const [key, value] of Object.entries(networkValues(student))) {
      assertEquals(values[key], value, name);
    }
    const sizes = { depth: 16, width: 1, ...networkValues(teacher) };
    const names = [options, { ...options, ...sizes }].map((of) => cifarNetwork(of, 100).name);
    assert(names[0] !== names[1], name);
    assert(published > 68 && published < 79, name);
  }
});

Deno.test("a recipe by pair trains as its table, and flags override it", async () => {
  const name = "repdistiller/wrn_40_2-wrn_16_2/at";
  const plain = await parse("--recipe", "repdistiller");
  const expected = { recipe: name, teacherId: "t", dataset: "CIFAR100", width: 2, beta: 1000 };
  assertEquals(
    await parse("--recipe", name, "--teacher-id", "t"),
    {
      ...plain,
      ...expected,
    } as typeof plain,
  );
  const dkd = await parse("--recipe", "mdistiller/resnet56-resnet20/dkd", "--teacher-id", "t");
  const { network, decoupledBeta, decoupledOthers, temperature } = dkd;
  assertEquals([network, decoupledBeta, decoupledOthers, temperature], ["resnet20", 1, 2, 4]);
  const both = await parse("--recipe", "lskd/resnet56-resnet20/dkd", "--teacher-id", "t");
  assertEquals([both.decoupledBeta, both.decoupledOthers, both.temperature], [18, 2, 3]);
  assert(both.standardizeLogits);
  const changed = await parse("--recipe", name, "--teacher-id", "t", "--beta", "5", "--width", "1");
  assertEquals(changed, { ...plain, ...expected, beta: 5, width: 1 } as typeof plain);
});

Deno.test("recipeLines() has a line for each recipe, with its options as flags", async () => {
  const lines = recipeLines();
  assertEquals(lines.map((line) => line.split(": ")[0]), [...recipeNames]);
  for (const line of lines.slice(1)) {
    const [, name, flags] = line.match(/^(\S+): (--[^;]+)/)!;
    const { recipe: _, ...given } = await parse(...flags!.split(" "), "--teacher-id", "t");
    const { recipe, ...values } = await parse("--recipe", name!, "--teacher-id", "t");
    assertEquals([recipe, given], [name, values]);
  }
});
