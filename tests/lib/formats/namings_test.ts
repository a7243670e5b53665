/**
 * The names of other programs, there and back.
 *
 * @module
 */
import "@tensorflow/tfjs";
import { assertEquals } from "@std/assert";
import { namingOf } from "../../../lib/formats/namings.ts";
import { resNetShapes } from "../../../models/res_net.ts";
import { wideResNetShapes } from "../../../models/wide_resnet.ts";

const wide = [...wideResNetShapes({ depth: 16, width: 2, numClasses: 10 })].map(([key]) => key);
const plain = [...resNetShapes({ depth: 50, numClasses: 10, stem: "small" })].map(([key]) => key);

Deno.test("namingOf() gives our key for each of theirs, and back", () => {
  for (
    const [keys, tells, theirs] of [
      [wide, "block1.layer.0.conv1.weight", [
        ["conv0", "conv1.weight"],
        ["bn.running_mean", "bn1.running_mean"],
        ["group0.block0.convdim", "block1.layer.0.convShortcut.weight"],
        ["group2.block1.bn1.bias", "block3.layer.1.bn2.bias"],
        ["fc.bias", "fc.bias"],
      ]],
      [plain, "layer1.0.shortcut.0.weight", [
        ["conv1.weight", "conv1.weight"],
        ["layer4.0.downsample.1.running_var", "layer4.0.shortcut.1.running_var"],
        ["layer4.2.conv3.weight", "layer4.2.conv3.weight"],
        ["fc.weight", "linear.weight"],
      ]],
    ] as const
  ) {
    const naming = namingOf([tells])!;
    for (const [ours, theirKey] of theirs) assertEquals(naming.theirs(ours), theirKey);
    const named = keys.map(naming.theirs);
    assertEquals(new Set(named).size, keys.length);
    assertEquals(named.map(naming.ours), keys);
    assertEquals(namingOf(named), naming);
  }
});

Deno.test("namingOf() gives none for our keys, and where a key would be there twice", () => {
  assertEquals(namingOf(wide), undefined);
  assertEquals(namingOf(plain), undefined);
  assertEquals(namingOf(["block1.layer.0.conv1.weight", "conv0", "conv1.weight"]), undefined);
});
