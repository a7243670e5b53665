/**
 * Tests of the networks that `--network` names: each is the network of that name in RepDistiller.
 *
 * @module
 */
import "@tensorflow/tfjs";
import { assertEquals, assertThrows } from "@std/assert";
import { networkNames } from "../../../tasks/cli/network_names.ts";
import { UsageError } from "../../../tasks/cli/usage_error.ts";
import { cifarNetwork } from "../../../tasks/run/cifar_run.ts";
import { assertOfTables } from "../../models/cifar_tables.ts";
import { parseCifar as parse } from "./parse.ts";

Deno.test("networkNames are RepDistiller's, of its networks", async () => {
  for (const name of networkNames) {
    const { shapes } = cifarNetwork(parse(`--network ${name}`), 100);
    await assertOfTables(name, shapes());
  }
});

Deno.test("--network names the network, --width multiplies its channels, and SGE goes in", () => {
  const nameOf = (line: string) => cifarNetwork(parse(line), 10).name;
  assertEquals(nameOf(""), "WRN-16-1");
  assertEquals(nameOf("--network wrn --depth 40 --width 2"), "WRN-40-2");
  assertEquals(nameOf("--network resnet56"), "CIFAR ResNet-56");
  assertEquals(nameOf("--network resnet8x4"), "CIFAR ResNet-8x4");
  const half = nameOf("--network resnet20 --width 0.3 --sge 1");
  assertEquals(half, "CIFAR ResNet-20 of widths 4, 4, 9, 19 with SGE in 1 groups");
  assertEquals(nameOf("--network vgg13"), "VGG-13");
  assertEquals(nameOf("--network vgg8 --width 0.5"), "VGG-8 of width 0.5");
  assertEquals(nameOf("--network ResNet50"), "ResNet-50 with a small stem");
  assertThrows(
    () => nameOf("--network resnet20 --width 0.01"),
    RangeError,
    "Cannot build a CIFAR ResNet of width 0.01: it must be a number of 1/16 or more",
  );
});

Deno.test("--network refuses a depth that its name does not have, and SGE without blocks", () => {
  assertThrows(
    () => parse("--network resnet20 --depth 40"),
    UsageError,
    "--depth 40 has no effect with --network resnet20, whose name says its depth",
  );
  assertThrows(
    () => parse("--network vgg8 --sge 4"),
    UsageError,
    "--sge works in residual blocks, and vgg8 has none",
  );
  assertThrows(() => parse("--network resnet50"), UsageError, "--network must be wrn, resnet8,");
});
