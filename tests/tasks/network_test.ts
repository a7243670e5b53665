/**
 * Tests of networks from files of parameters.
 *
 * @module
 */
import "@tensorflow/tfjs";
import * as tf from "@tensorflow/tfjs-core";
import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { UserError } from "../../lib/errors.ts";
import { addPrefix } from "../../lib/params.ts";
import { loadParams, saveParams } from "../../lib/weights.ts";
import type { ResNetOptions } from "../../models/res_net.ts";
import { wideResNet, type WideResNetOptions } from "../../models/wide_resnet.ts";
import {
  checkNormalization,
  groupShapes,
  loadNetwork,
  placeAt,
  placeOf,
  resNetArchitecture,
  saveNetwork,
  startFrom,
  wideResNetArchitecture,
} from "../../tasks/network.ts";
import { inFolder } from "../folders.ts";
import { assertSame } from "../same.ts";

tf.setBackend("cpu");

const plain: WideResNetOptions = { depth: 10, width: 0.25, numClasses: 3 };
const images = tf.randomNormal<tf.Rank.R4>([2, 8, 8, 3], 0, 1, "float32", 1);

for (
  const options of [
    plain,
    { ...plain, sge: { groups: 2, initWeight: 2 } },
    { ...plain, sge: { groups: 4, initWeight: 2, normalize: false } },
  ]
) {
  const name = `${wideResNetArchitecture(options).name}${
    options.sge?.normalize === false ? ", as they are" : ""
  }`;
  Deno.test(`loadNetwork() makes the network that saveNetwork() wrote: ${name}`, () =>
    inFolder(async (folder) => {
      const path = join(folder, "model.safetensors");
      const { init, f } = wideResNet(options);
      const params = init(1);
      await saveNetwork(path, params, { ...options, normalization: "paper" });
      const network = await loadNetwork(path);
      assertEquals(network.normalization, "paper");
      assertEquals(network.sge?.groups, options.sge?.groups);
      assertEquals(network.sge?.normalize, options.sge?.normalize);
      assertSame(network.params, params);
      const { logits } = network.model.f(images, network.params, "eval");
      assertSame({ logits }, { logits: f(images, params, "eval").logits });
    }));
}

Deno.test("saveNetwork() writes no normalisation for a network that has none to turn off", () =>
  inFolder(async (folder) => {
    const path = join(folder, "model.safetensors");
    const params = wideResNet(plain).init(1);
    await saveNetwork(path, params, plain);
    const written = await Deno.readFile(path);
    await saveParams(path, params);
    assertEquals(written, await Deno.readFile(path));
    assertSame(await loadParams(path), params);
  }));

Deno.test("loadNetwork() refuses what is no WideResNet in one line", () =>
  inFolder(async (folder) => {
    const path = join(folder, "other.safetensors");
    await saveParams(path, { "layer1.weight": tf.zeros([2]) });
    const message = `Cannot use ${path}: these are no parameters of a network known here`;
    await assertRejects(() => loadNetwork(path), UserError, message);
    const { conv0: _, ...others } = wideResNet(plain).init(1);
    await saveParams(path, others);
    await assertRejects(() => loadNetwork(path), UserError, "it has no conv0 [3,3,3,16]");
    const missing = join(folder, "missing.safetensors");
    await assertRejects(() => loadNetwork(missing), UserError, `${missing}: `);
  }));

Deno.test("placeAt() tells files from run folders, by the extension where there is nothing", () =>
  inFolder(async (folder) => {
    const inRun = (run: string, name = "model.safetensors") => ({
      folder: run,
      path: join(run, name),
    });
    const [file, run, original] = ["file", "run.pt", "original"].map((name) => join(folder, name));
    await Deno.writeTextFile(file!, "");
    await Deno.mkdir(run!);
    await Deno.mkdir(original!);
    await Deno.copyFile(
      fromFileUrl(new URL("../fixtures/pytorch/run.pt7", import.meta.url)),
      join(original!, "model.pt7"),
    );
    assertEquals(await placeAt(file!), { folder: undefined, path: file! });
    assertEquals(await placeAt(run!), inRun(run!));
    assertEquals(await placeAt(original!), inRun(original!, "model.pt7"));
    await Deno.writeTextFile(join(original!, "model.safetensors"), "");
    assertEquals(await placeAt(original!), inRun(original!));
    const missing = join(folder, "missing");
    assertEquals(await placeAt(missing), inRun(missing));
    for (const name of [`${missing}.hkl`, "missing.pt7"]) {
      assertEquals(await placeAt(name), { folder: undefined, path: name });
    }
  }));

Deno.test("placeOf() looks for a bare name without an extension under logs/, and for nothing else", () =>
  inFolder(async (folder) => {
    const before = Deno.cwd();
    Deno.chdir(folder);
    try {
      await Deno.mkdir("here");
      const inLogs = join("logs", "nobody");
      assertEquals(await placeOf("nobody"), await placeAt(inLogs));
      for (const id of ["nobody.hkl", join(folder, "nobody"), inLogs, "here"]) {
        assertEquals(await placeOf(id), await placeAt(id));
      }
    } finally {
      Deno.chdir(before);
    }
  }));

Deno.test("startFrom() gives a network with SGE what a file without it lacks, as it starts", () =>
  inFolder(async (folder) => {
    const path = join(folder, "model.safetensors");
    const params = wideResNet(plain).init(1);
    await saveNetwork(path, params, plain);
    assertSame(await startFrom(folder, wideResNet(plain).init(3), plain), params);
    const options = { ...plain, sge: { groups: 2, initWeight: 2 } };
    const initial = wideResNet(options).init(3);
    const started = await startFrom(path, initial, options);
    assertEquals(Object.keys(started).toSorted(), Object.keys(initial).toSorted());
    for (const [key, tensor] of Object.entries(started)) {
      assertSame({ key: tensor }, { key: params[key] ?? initial[key]! });
    }
    await assertRejects(
      () => startFrom(path, { ...initial, more: tf.zeros([1]) }, options),
      UserError,
    );
  }));

Deno.test("startFrom() refuses an SGE that normalises where the network's does not", () =>
  inFolder(async (folder) => {
    const path = join(folder, "model.safetensors");
    const [yes, no] = [true, false].map((normalize) => ({
      ...plain,
      sge: { groups: 2, normalize },
    }));
    const params = wideResNet(yes!).init(1);
    await saveNetwork(path, params, no!);
    await assertRejects(
      () => startFrom(path, params, yes!),
      UserError,
      "does not normalise; use --sge-no",
    );
    assertSame(await startFrom(path, params, no!), params);
    await saveNetwork(path, params, yes!);
    await assertRejects(
      () => startFrom(path, params, no!),
      UserError,
      "normalises; use no --sge-no",
    );
  }));

Deno.test("checkNormalization() passes what is the same or not known", () => {
  checkNormalization({}, "paper", "it");
  checkNormalization({ normalization: "paper" }, "paper", "it");
  assertThrows(
    () => checkNormalization({ normalization: "repdistiller" }, "paper", "it"),
    UserError,
    "by repdistiller and would see images normalised by paper; use --normalization repdistiller, or",
  );
  assertThrows(
    () => checkNormalization({ normalization: "paper" }, "imagenet", "it"),
    UserError,
    "Cannot use it: it was trained on images normalised by paper and would see images normalised by " +
      "imagenet; use other parameters",
  );
});

Deno.test("an architecture is named by depth, width, and SGE where there is some", () => {
  const wide = (options: Partial<WideResNetOptions>) =>
    wideResNetArchitecture({ depth: 16, width: 2, numClasses: 10, ...options }).name;
  assertEquals(wide({}), "WRN-16-2");
  assertEquals(
    wide({ depth: 40, width: 0.5, sge: { groups: 8 } }),
    "WRN-40-0.5 with SGE in 8 groups",
  );
  const plain = (options: Partial<ResNetOptions>) =>
    resNetArchitecture({ depth: 18, numClasses: 10, ...options }).name;
  assertEquals(plain({}), "ResNet-18");
  assertEquals(plain({ depth: 50, width: 0.5 }), "ResNet-50 of width 0.5");
});

Deno.test("loadNetwork() makes a ResNet too", () =>
  inFolder(async (folder) => {
    const path = join(folder, "model.safetensors");
    const options = {
      depth: 18,
      width: 1 / 16,
      numClasses: 3,
      sge: { groups: 2, normalize: false },
    } as const;
    const { model, sge } = resNetArchitecture(options);
    const params = model.init(1);
    await saveNetwork(path, params, { sge, normalization: "imagenet" });
    const network = await loadNetwork(path);
    assertEquals([network.name, network.numClasses], [resNetArchitecture(options).name, 3]);
    const images: tf.Tensor4D = tf.randomNormal([1, 64, 64, 3], 0, 1, "float32", 1);
    const { logits } = network.model.f(images, network.params, "eval");
    assertSame({ logits }, { logits: model.f(images, params, "eval").logits });
  }));

Deno.test("startFrom() with a new classifier takes everything else", () =>
  inFolder(async (folder) => {
    const path = join(folder, "model.safetensors");
    const params = wideResNet(plain).init(1);
    await saveNetwork(path, params, {});
    const initial = wideResNet({ ...plain, numClasses: 7 }).init(2);
    const started = await startFrom(path, initial, {}, true);
    for (const [key, tensor] of Object.entries(started)) {
      const expected = key.startsWith("fc.") ? initial[key] : params[key];
      assertSame({ key: tensor }, { key: expected! });
    }
    await assertRejects(() => startFrom(path, initial, {}), UserError, "fc.weight");
  }));

Deno.test("groupShapes() gives the shapes of an image's groups, and leaves no tensor behind", () => {
  const model = wideResNet(plain);
  const params = model.init(1);
  const { numTensors } = tf.memory();
  assertEquals(groupShapes(model, params, [16, 12, 3]), [
    [1, 16, 12, 4],
    [1, 8, 6, 8],
    [1, 4, 3, 16],
  ]);
  assertEquals(tf.memory().numTensors, numTensors);
});

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
        { ...own, "conv1.weight": tf.zeros([3, 3, 3, 64]) }, // as for CIFAR's small images
        "the nearest is ResNet-18 of width 0.0625, but conv1.weight has shape [3,3,3,64] and the network wants [7,7,3,64]",
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
      assertStringIncludes(await refusal(path), "but it has no conv1.weight [7,7,3,64]");
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
    fromFileUrl(new URL(`../fixtures/pytorch/${name}.pth`, import.meta.url));
  const { model, params, name, numClasses } = await loadNetwork(file("repdistiller"));
  assertEquals([name, numClasses], ["WRN-16-0.25", 7]);
  const { images, logits } = await loadParams(file("repdistiller_expected"));
  const input: tf.Tensor4D = tf.reshape(images!, [2, 12, 12, 3]);
  const own = model.f(input, params, "eval").logits;
  const largest = logits!.abs().max().dataSync()[0]!;
  const error = own.sub(logits!).abs().max().dataSync()[0]!;
  assert(error <= 1e-5 * largest, `${error} of ${largest}`);
});
