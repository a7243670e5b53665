/**
 * Tests of `deno task convert` as a user runs it.
 *
 * @module
 */
import "@tensorflow/tfjs";
import * as tf from "@tensorflow/tfjs-core";
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { ModelProto, type OnnxModel } from "../../lib/onnx/format.ts";
import { loadParams, loadParamsAndMetadata, saveParams } from "../../lib/formats/weights.ts";
import { wideResNet } from "../../models/wide_resnet.ts";
import { saveNetwork } from "../../lib/networks/network.ts";
import { inFolder, namesIn } from "../folders.ts";
import { long } from "../long.ts";
import { runOnnx } from "../lib/onnx/runtime.ts";
import { assertClose } from "../parity.ts";
import { assertSame, valuesOf } from "../same.ts";
import { convertHere } from "./in_process.ts";

tf.env().set("IS_NODE", false); // no advice to install tfjs-node
tf.setBackend("cpu");

const root = fromFileUrl(new URL("../../", import.meta.url));
const fixtures = join(root, "tests/fixtures");
/** A folded ResNet-18 in two formats. */
const exports = [join(fixtures, "pytorch/export.pth"), join(fixtures, "hdf5/export.hkl")];
const { run: convert, succeed: succeedWith } = convertHere;

const network = {
  depth: 10,
  width: 0.25,
  numClasses: 3,
  sge: { groups: 2, initWeight: 2, normalize: false },
};

const engineLine = /^engine: tfjs \S+ in plain JavaScript on the CPU \(.*\)\n/;

/** The output of a run whose standard error has only the engine's line. */
async function succeed(cwd: string, ...args: string[]): Promise<string> {
  const { out, err } = await succeedWith(cwd, ...args);
  assertMatch(err, engineLine);
  assertEquals(err.replace(engineLine, ""), "");
  return out;
}

/** Fails unless the task refuses with this one-line message. */
async function refuse(cwd: string, exitCode: number, message: string, ...args: string[]) {
  const { code, out, err } = await convert(cwd, ...args);
  assertEquals([code, out], [exitCode, ""], err);
  assertMatch(err.replace(engineLine, ""), /^error: .*\n$/);
  assertStringIncludes(err, message);
}

Deno.test("deno task convert writes what other formats hold as safetensors", () =>
  inFolder(async (folder) => {
    for (const [i, file] of exports.entries()) {
      const out = await succeed(folder, file, `${i}.safetensors`);
      const what = "21847 parameters in 44 arrays";
      assertStringIncludes(out, `${file} (${what}) -> ${i}.safetensors, 0.09`);
      assertSame(await loadParams(join(folder, `${i}.safetensors`)), await loadParams(file));
    }
  }));

Deno.test("deno task convert keeps what a network's file says beside its parameters", () =>
  inFolder(async (folder) => {
    const [from, to] = ["a.safetensors", "b.safetensors"].map((name) => join(folder, name));
    const params = wideResNet(network).init(1);
    await saveNetwork(from!, params, { ...network, normalization: "paper" });
    await succeed(folder, from!, to!);
    const [expected, actual] = [
      await loadParamsAndMetadata(from!),
      await loadParamsAndMetadata(to!),
    ];
    assertEquals(actual.metadata, expected.metadata);
    assertSame(actual.params, params);
  }));

Deno.test("deno task convert writes a network as an ONNX model that gives its logits", () =>
  inFolder(async (folder) => {
    const { f, init } = wideResNet(network);
    const params = init(1);
    await saveNetwork(join(folder, "wrn.safetensors"), params, {
      ...network,
      normalization: "paper",
    });
    const out = await succeed(folder, "wrn.safetensors", "wrn.onnx", "--groups");
    const name = "WRN-10-0.25 with SGE in 2 groups";
    assertMatch(out, /^wrn\.safetensors \(.*\) -> wrn\.onnx: images \[N, 3, H, W\] to .*\n$/);
    assertStringIncludes(out, name);
    const bytes = await Deno.readFile(join(folder, "wrn.onnx"));
    const images = tf.randomNormal<tf.Rank.R4>([2, 8, 8, 3], 0, 1, "float32", 1);
    const { results: outputs } = await runOnnx(bytes, valuesOf({ images }).images!);
    assertEquals(Object.keys(outputs), ["logits", "group0", "group1", "group2"]);
    const { logits } = f(images, params, "eval");
    assertClose(outputs.logits!, logits, { ofMax: 1e-5 }, "logits");
    const model = ModelProto.toObject(ModelProto.decode(bytes)) as OnnxModel;
    assertEquals(model.metadataProps, [
      { key: "network", value: name },
      { key: "normalization", value: "paper" },
      { key: "pixel_mean", value: "125.3,123,113.9" },
      { key: "pixel_std", value: "63,62.1,66.7" },
    ]);
  }));

Deno.test("deno task convert writes a network whose file says a normalisation that there is not", () =>
  inFolder(async (cwd) => {
    const params = wideResNet(network).init(1);
    await saveNetwork(join(cwd, "a.safetensors"), params, { normalization: "constructor" });
    await succeed(cwd, "a.safetensors", "a.onnx");
  }));

Deno.test("deno task convert takes a run folder for its network", () =>
  inFolder(async (folder) => {
    const params = wideResNet(network).init(1);
    await Deno.mkdir(join(folder, "logs/teacher"), { recursive: true });
    await saveNetwork(join(folder, "logs/teacher/model.safetensors"), params, network);
    const out = await succeed(folder, "logs/teacher", "a.safetensors");
    assertStringIncludes(out, `${join("logs/teacher", "model.safetensors")} (`);
    assertSame(await loadParams(join(folder, "a.safetensors")), params);
  }));

Deno.test("deno task convert writes the same ONNX model whatever the format", () =>
  inFolder(async (folder) => {
    const models = [];
    for (const file of exports) {
      const out = await succeed(folder, file, "export.onnx", "--force");
      assertStringIncludes(out, "folded");
      models.push(await Deno.readFile(join(folder, "export.onnx")));
    }
    assertEquals(models[1], models[0]);
  }));

Deno.test("deno task convert replaces a file only where it is told to", () =>
  inFolder(async (folder) => {
    const out = join(folder, "out.safetensors");
    await Deno.writeTextFile(out, "precious");
    await refuse(folder, 1, "out.safetensors: it already exists; use --force", exports[0]!, out);
    assertEquals(await Deno.readTextFile(out), "precious");
    await succeed(folder, exports[0]!, out, "--force");
    assertSame(await loadParams(out), await loadParams(exports[0]!));
  }));

long.test("deno task convert refuses what it cannot do in one line, and leaves nothing", () =>
  inFolder(async (folder) => {
    await saveParams(join(folder, "other.safetensors"), { weight: tf.zeros([2, 3]) });
    await refuse(folder, 2, "OUT is missing", exports[0]!);
    await refuse(folder, 2, "a.bin: the name must end in .safetensors or .onnx", "a.pth", "a.bin");
    const groups = ["a.pth", "a.safetensors", "--groups"];
    await refuse(folder, 2, "--groups has no effect on a.safetensors", ...groups);
    await Deno.writeTextFile(join(folder, "a.npz"), "");
    await refuse(folder, 1, "a.npz: the file must be one of .safetensors, .p", "a.npz", "a.onnx");
    await refuse(folder, 1, "a.pth: no such file", "a.pth", "a.onnx");
    await refuse(folder, 1, "no parameters of a network known here", "other.safetensors", "a.onnx");
    const none = join("run", "model.safetensors");
    await refuse(folder, 1, `${none}: no such file or folder`, "run", "a.onnx");
    assertEquals(namesIn(folder), ["a.npz", "other.safetensors"]);
    await succeed(folder, "other.safetensors", "copy.safetensors");
  }));
