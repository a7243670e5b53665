/**
 * Which network parameters are of, out of files that hold one and out of those that do not.
 *
 * @module
 */
import "@tensorflow/tfjs";
import * as tf from "@tensorflow/tfjs-core";
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { UserError } from "../../../lib/errors.ts";
import { addPrefix } from "../../../lib/params.ts";
import { loadParams, saveParams } from "../../../lib/formats/weights.ts";
import { wideResNet, type WideResNetOptions } from "../../../models/wide_resnet.ts";
import { loadNetwork, resNetArchitecture, startFrom } from "../../../lib/networks/network.ts";
import { inFolder } from "../../folders.ts";
import { assertSame } from "../../same.ts";

tf.setBackend("cpu");

const plain: WideResNetOptions = { depth: 10, width: 0.25, numClasses: 3 };

/** The line that refuses parameters. */
async function refusal(path: string): Promise<string> {
  const { message } = await assertRejects(() => loadNetwork(path), UserError);
  assert(/^[^\p{Cc}]{1,500}$/u.test(message), message);
  return message;
}

const resNet18 = { depth: 18, width: 1 / 16, numClasses: 3 } as const;

Deno.test("loadNetwork() names the nearest network and the first key that is not right", () =>
  inFolder(async (folder) => {
    const path = join(folder, "model.safetensors");
    const own = resNetArchitecture(resNet18).model.init(1);
    const wide = wideResNet(plain).init(1);
    const { "layer3.1.bn2.bias": _, ...lacking } = own;
    const cases: [tf.NamedTensorMap, string][] = [
      [
        { ...own, "conv1.weight": tf.zeros([5, 5, 3, 64]) },
        "the nearest is ResNet-18 of width 0.0625, but conv1.weight has shape [5,5,3,64] and the network wants [7,7,3,64]",
      ],
      [lacking, "the nearest is ResNet-18 of width 0.0625, but it has no layer3.1.bn2.bias [16]"],
      [
        { ...own, "layer1.0.se.fc.weight": tf.zeros([1]) },
        "but the network has no layer1.0.se.fc.weight [1]",
      ],
      [
        { ...wide, "conv2.weight": tf.zeros([1, 1, 4, 4]) },
        "the nearest is WRN-10-0.25, but the network has no conv2.weight [1,1,4,4]",
      ],
      [
        { ...wide, "group0.block0.sge.weight": tf.zeros([3]) },
        "but the network has no group0.block0.sge.weight [3]",
      ],
      [{ "some.weight": tf.zeros([2]) }, "none has such keys; the network has no some.weight [2]"],
      [{ "constructor": tf.zeros([1]) }, "none has such keys; the network has no constructor [1]"],
      [{}, "there are none at all"],
    ];
    for (const [params, message] of cases) {
      await saveParams(path, params);
      const before = `Cannot use ${path}: these are no parameters of a network known here`;
      const line = await refusal(path);
      assert(line.startsWith(before) && line.endsWith(message), line);
    }
  }));

Deno.test("loadNetwork() refuses empty tensors of any size in the file's own time and memory", () =>
  inFolder(async (folder) => {
    const path = join(folder, "model.safetensors");
    const before = tf.memory().numBytes;
    for (const side of [6400, 2 ** 40]) {
      await saveParams(path, {
        "group0.block0.conv0": tf.zeros([3, 3, 0, side]),
        "group2.block0.conv0": tf.zeros([3, 3, 0, side]),
        "fc.weight": tf.zeros([10, 0]),
      });
      assertStringIncludes(await refusal(path), "but it has no conv0 [3,3,3,16]");
      await saveParams(path, {
        "layer1.0.conv1.weight": tf.zeros([3, 3, 0, side]),
        "layer4.0.conv1.weight": tf.zeros([3, 3, 0, side]),
        "fc.weight": tf.zeros([10, 0]),
      });
      assertStringIncludes(await refusal(path), "but it has no conv1.weight [3,3,3,16]");
    }
    assert(tf.memory().numBytes - before < 1e6);
  }));

Deno.test("loadNetwork() takes the network out of a file that holds more, also one of our own", () =>
  inFolder(async (folder) => {
    const path = join(folder, "model.safetensors");
    const params = wideResNet(plain).init(1);
    const more = { queue: tf.zeros([4, 4]), n_averaged: tf.scalar(1) };
    await saveParams(path, { ...addPrefix("student.", params), ...more });
    const { numTensors } = tf.memory();
    const network = await loadNetwork(path);
    assertSame(network.params, params);
    assertEquals(tf.memory().numTensors - numTensors, Object.keys(params).length);
    assertSame(await startFrom(path, wideResNet(plain).init(3), plain), params);
    await saveParams(path, { ...addPrefix("a.", params), ...addPrefix("b.", params) });
    assertStringIncludes(await refusal(path), "it holds several networks, under a., b.");
  }));

Deno.test("loadNetwork() makes of RepDistiller's WideResNet what PyTorch does", async () => {
  const file = (name: string) =>
    fromFileUrl(new URL(`../../fixtures/pytorch/${name}.pth`, import.meta.url));
  const { model, params, name, numClasses } = await loadNetwork(file("repdistiller"));
  assertEquals([name, numClasses], ["WRN-16-0.25", 7]);
  const { images, logits } = await loadParams(file("repdistiller_expected"));
  const input: tf.Tensor4D = tf.reshape(images!, [2, 12, 12, 3]);
  const own = model.f(input, params, "eval").logits;
  const largest = logits!.abs().max().dataSync()[0]!;
  const error = own.sub(logits!).abs().max().dataSync()[0]!;
  assert(error <= 1e-5 * largest, `${error} of ${largest}`);
});
