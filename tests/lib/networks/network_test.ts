/**
 * Tests of networks from files of parameters.
 *
 * @module
 */
import "@tensorflow/tfjs";
import * as tf from "@tensorflow/tfjs-core";
import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { UserError } from "../../../lib/errors.ts";
import { formatSafetensors } from "../../../lib/formats/safetensors.ts";
import { loadParams, saveParams } from "../../../lib/formats/weights.ts";
import type { Tensors } from "../../../lib/params.ts";
import type { ResNetOptions } from "../../../models/res_net.ts";
import { wideResNet, type WideResNetOptions } from "../../../models/wide_resnet.ts";
import {
  checkTrainedWith,
  loadNetwork,
  placeAt,
  placeOf,
  resNetArchitecture,
  saveNetwork,
  startFrom,
  wideResNetArchitecture,
} from "../../../lib/networks/network.ts";
import { inFolder } from "../../folders.ts";
import { assertSame } from "../../same.ts";

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
      fromFileUrl(new URL("../../fixtures/pytorch/run.pt7", import.meta.url)),
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

Deno.test("loadNetwork() leaves the keys of a network of one's own as they are, whatever they look like", () =>
  inFolder(async (folder) => {
    const path = join(folder, "theirs.safetensors");
    const one = { dtype: "F32", data: new Uint8Array(new Float32Array(1).buffer) };
    const keys = ["layer1.0.conv1.weight", "layer1.0.shortcut.0.weight", "linear.weight", "scale"];
    const tensors = Object.fromEntries(
      keys.map((key, i) => [key, { ...one, shape: i < 2 ? [1, 1, 1, 1] : i < 3 ? [1, 1] : [1] }]),
    );
    await Deno.writeFile(path, formatSafetensors({ tensors, metadata: {} }));
    const params: string[] = [];
    const own = (found: Tensors) => {
      params.push(...Object.keys(found));
      return { ...wideResNetArchitecture(plain), own: { file: "own.ts", digest: "" } };
    };
    await loadNetwork(path, undefined, own);
    assertEquals(params.toSorted(), keys.toSorted());
  }));

Deno.test("startFrom() takes a new classifier, which is what the network says", () =>
  inFolder(async (folder) => {
    const path = join(folder, "model.safetensors");
    const make = (value: number) => ({
      "head.weight": tf.fill([2, 3], value),
      "head.bias": tf.fill([2], value),
      "fc.hidden.weight": tf.fill([3, 3], value),
    });
    await saveParams(path, make(1));
    const started = await startFrom(
      path,
      make(5),
      { own: { file: "own.ts", digest: "" } },
      "head.weight",
    );
    assertEquals(
      Object.entries(started).map(([key, tensor]) => [key, tensor.dataSync()[0]]).toSorted(),
      [["fc.hidden.weight", 1], ["head.bias", 5], ["head.weight", 5]],
    );
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

Deno.test("checkTrainedWith() passes what is the same or not known", () => {
  checkTrainedWith({}, "paper", "it");
  checkTrainedWith({ normalization: "paper" }, "paper", "it");
  assertThrows(
    () => checkTrainedWith({ normalization: "repdistiller" }, "paper", "it"),
    UserError,
    "by repdistiller and would see images normalised by paper; use --normalization repdistiller, or",
  );
  assertThrows(
    () => checkTrainedWith({ normalization: "paper" }, "imagenet", "it"),
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
    const started = await startFrom(path, initial, {}, "fc.weight");
    for (const [key, tensor] of Object.entries(started)) {
      const expected = key.startsWith("fc.") ? initial[key] : params[key];
      assertSame({ key: tensor }, { key: expected! });
    }
    await assertRejects(() => startFrom(path, initial, {}), UserError, "fc.weight");
  }));
