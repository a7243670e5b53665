/**
 * Tests of what the page says of its network, and how it prepares images.
 *
 * @module
 */
import "@tensorflow/tfjs";
import * as tf from "@tensorflow/tfjs-core";
import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { join } from "@std/path";
import { IMAGENET_NORMALIZATION, NORMALIZATION } from "../../../lib/data/normalize.ts";
import { UserError } from "../../../lib/errors.ts";
import { classesOf, factsOf, readNames } from "../../../tasks/demo/facts.ts";
import { findNetwork } from "../../../tasks/visualize/networks.ts";
import { inFolder } from "../../folders.ts";
import { saveResNet, saveWideResNet } from "./networks.ts";

tf.setBackend("cpu");

const letters = [..."abcdefghij"];

Deno.test("factsOf() fits images of CIFAR, and resizes and crops those of ImageNet", () =>
  inFolder(async (folder) => {
    const wide = await findNetwork(await saveWideResNet(folder));
    const { title: _, parameters, ...ofWide } = factsOf(wide, {});
    assertEquals(ofWide, {
      ...{ sgeNormalizes: false, size: 32, resize: 32 },
      normalization: NORMALIZATION.paper,
    });
    const trainable = Object.entries(wide.params).filter(([key]) => !key.includes("running"));
    assertEquals(parameters, trainable.reduce((sum, [, { size }]) => sum + size, 0));
    const plain = await findNetwork(await saveResNet(folder));
    const ofPlain = factsOf(plain, {});
    assertEquals([ofPlain.size, ofPlain.resize], [224, 256]);
    assertEquals(ofPlain.normalization, IMAGENET_NORMALIZATION);
    const small = factsOf(plain, { size: 112 });
    assertEquals([small.size, small.resize], [112, 128]);
    const told = factsOf(plain, { normalization: "repdistiller" });
    assertEquals([told.size, told.resize], [32, 32]);
    assertEquals(told.normalization, NORMALIZATION.repdistiller);
  }));

Deno.test("classesOf() has the names that were given, those of CIFAR-10, or numbers", () =>
  inFolder(async (folder) => {
    const [wide, many, plain] = [
      await findNetwork(await saveWideResNet(folder)),
      await findNetwork(await saveWideResNet(folder, { name: "m.safetensors", numClasses: 100 })),
      await findNetwork(await saveResNet(folder)),
    ];
    assertEquals(classesOf(wide, {}, letters), letters);
    assertEquals(classesOf(many, {}, letters)[99], "class 99");
    assertEquals(classesOf(plain, {}, letters), ["class 0", "class 1", "class 2"]);
    assertEquals(classesOf(plain, { classes: ["x", "y", "z"] }, letters), ["x", "y", "z"]);
    assertThrows(
      () => classesOf(wide, { classes: ["x"] }, letters),
      UserError,
      "it has 10, and --classes has 1 lines",
    );
  }));

Deno.test("readNames() reads a name of each line, and says what it cannot read", () =>
  inFolder(async (folder) => {
    await Deno.writeTextFile(join(folder, "names"), "red fox\r\n\n grey wolf\n");
    assertEquals(await readNames(join(folder, "names")), ["red fox", "grey wolf"]);
    await assertRejects(() => readNames(join(folder, "no")), UserError, "no such file or folder");
  }));
