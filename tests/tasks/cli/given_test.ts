/**
 * Tests of which options a command line gives: also one that gives the default, and none that a
 * recipe sets.
 *
 * @module
 */
import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { benchCommand } from "../../../tasks/bench/options.ts";
import { cifarCommand } from "../../../tasks/cli/cifar_options.ts";
import { firstGiven } from "../../../tasks/cli/given.ts";
import type { Command } from "../../../tasks/cli/help.ts";
import { readCommandLine } from "../../../tasks/cli/main.ts";
import { flag, integer, type OptionTable } from "../../../tasks/cli/option_kinds.ts";
import { parseOptions } from "../../../tasks/cli/options.ts";
import { scaleCommand } from "../../../tasks/cli/scale_options.ts";
import { UsageError } from "../../../tasks/cli/usage_error.ts";
import { visualizeCommand } from "../../../tasks/cli/visualize_options.ts";

Deno.test("firstGiven() is the first option on the command line, whatever its value", () => {
  const table = { depth: integer({ default: 16, help: "" }), fast: flag({ help: "" }) };
  const first = (...args: string[]) => firstGiven(parseOptions(table, args), ["fast", "depth"]);
  assertEquals(first(), undefined);
  assertEquals(first("--depth", "16"), "depth");
  assertEquals(first("--depth", "22", "--fast"), "fast");
  assertEquals(first("--fast=false"), undefined);
  assertThrows(() => firstGiven({ depth: 16 }, ["depth"]), TypeError, "Cannot tell what was given");
});

/** Reads a command line, and gives what refuses it. */
async function refused<T extends OptionTable>(command: Command<T>, line: string, message: string) {
  await assertRejects(() => readCommandLine(command, line.split(" ")), UsageError, message);
}

Deno.test("an option that has no effect is refused where its value is the default", async () => {
  await refused(
    cifarCommand,
    "--network vgg8 --depth 16",
    "--depth 16 has no effect with --network vgg8, whose name says its depth: remove it, or use " +
      "--network wrn",
  );
  await refused(cifarCommand, "--model net.ts --width 1", "--width has no effect with --model");
  await refused(cifarCommand, "--sge-bias 1", "--sge-bias has no effect without --sge GROUPS");
  const step = "--step-ms 1 --batch 1 --gradient-mb 1";
  await refused(scaleCommand, `${step} --width 1`, "--width has no effect without --depth");
  const files = "--networks run --files a.png";
  await refused(visualizeCommand, `${files} --dataroot data`, "--dataroot data has no effect with");
  await refused(benchCommand, "--cases cifar --gpu", "--cases has no effect with --gpu: remove it");
});

Deno.test("a recipe's own network and its sizes give way to the one that a flag names", async () => {
  const sizesOf = async (...flags: string[]) => {
    const recipe = "--recipe repdistiller/wrn_40_2-wrn_16_2/kd --teacher-id t".split(" ");
    const { network, depth, width } = await readCommandLine(cifarCommand, [...recipe, ...flags]);
    return [network, depth, width];
  };
  assertEquals(await sizesOf(), ["wrn", 16, 2]);
  assertEquals(await sizesOf("--network", "wrn"), ["wrn", 16, 2]);
  assertEquals(await sizesOf("--network", "vgg8"), ["vgg8", 16, 1]);
  assertEquals(await sizesOf("--model", "net.ts"), ["wrn", 16, 1]);
  assertEquals(await sizesOf("--width", "4"), ["wrn", 16, 4]);
});
