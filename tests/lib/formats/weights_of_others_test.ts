/**
 * Parameters from other people's files: of any name, kind and prefix, beside anything, or hostile.
 *
 * @module
 */
import "@tensorflow/tfjs";
import * as tf from "@tensorflow/tfjs-core";
import { assert, assertEquals, assertRejects } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import h5wasm from "h5wasm";
import { UserError } from "../../../lib/errors.ts";
import { formatSafetensors } from "../../../lib/formats/safetensors.ts";
import { addPrefix, type Tensors } from "../../../lib/params.ts";
import { saveCheckpoint } from "../../../lib/train/checkpoint.ts";
import { startPosition } from "../../../lib/train/position.ts";
import { loadParams, loadParamsAndMetadata, saveParams } from "../../../lib/formats/weights.ts";
import { wideResNet } from "../../../models/wide_resnet.ts";
import { inFolder } from "../../folders.ts";
import { assertSame } from "../../same.ts";
import { assertRefused, bytesOf, read, withFile } from "./files.ts";

tf.setBackend("cpu");

Deno.test("loadParams() tells the kind of a file by its bytes, whatever its name", () =>
  inFolder(async (folder) => {
    const fixture = (path: string) =>
      fromFileUrl(new URL(`../../fixtures/${path}`, import.meta.url));
    const kinds = [
      ["pytorch/run.pt7", "pytorch/run_student.safetensors"],
      ["hdf5/hickle5.hkl", "hdf5/hickle.safetensors"],
    ] as const;
    const names = [
      "pytorch_model.bin",
      "MODEL.PTH",
      "a.safetensors",
      "a.h5",
      "best.pth.tar",
      "model",
    ];
    for (const [source, same] of kinds) {
      const expected = await loadParams(fixture(same));
      for (const name of names) {
        const path = join(folder, name);
        await Deno.copyFile(fixture(source), path);
        const params = await loadParams(path);
        const inOrder = Object.fromEntries(Object.keys(expected).map((key) => [key, params[key]!]));
        assertEquals(Object.keys(params).length, Object.keys(expected).length);
        assertSame(inOrder, expected);
      }
    }
    const model = join(folder, "model");
    await saveParams(join(folder, "b.safetensors"), { w: tf.ones([2]) });
    await Deno.rename(join(folder, "b.safetensors"), model);
    assertEquals(read(await loadParams(model), "w"), ["float32", [2], [1, 1]]);
  }));

/** A safetensors file as other programs write it. */
function strangersFile(tensors: Tensors): Uint8Array {
  const arrays = Object.entries(tensors).map(([key, tensor]) => {
    const data = new Float32Array(tensor.size);
    return [key, { dtype: "F32", shape: tensor.shape, data: bytesOf(data) }] as const;
  });
  return formatSafetensors({ tensors: Object.fromEntries(arrays), metadata: {} });
}

Deno.test("loadParams() finds the network in another program's safetensors, and says what it left", () =>
  withFile(async (path) => {
    const params = wideResNet({ depth: 10, width: 0.25, numClasses: 3 }).init(1);
    const file = strangersFile({
      ...addPrefix("net.encoder.", params),
      ...addPrefix("net.ema.", params),
      "net.queue": tf.zeros([2, 2]),
    });
    await Deno.writeFile(path, file);
    const { params: loaded, note } = await loadParamsAndMetadata(path);
    assertEquals(Object.keys(loaded), Object.keys(params));
    assertEquals(
      note,
      "took 40 tensors, which lie under net.encoder.; left an average (EMA) under net.ema. (33 " +
        "tensors in its blocks), net.queue [2,2]",
    );
    const twins = strangersFile({ ...addPrefix("a.", params), ...addPrefix("b.", params) });
    await Deno.writeFile(path, twins);
    await assertRefused(path, "it holds several networks, under a., b.; save one alone");
  }));

Deno.test("loadParams() reads what saveParams() wrote as it was, several networks too", () =>
  withFile(async (path) => {
    const params = wideResNet({ depth: 10, width: 0.25, numClasses: 3 }).init(1);
    const both = { ...addPrefix("student.", params), ...addPrefix("teacher.", params) };
    await saveParams(path, { ...both, "module.queue": tf.ones([1]) });
    const { params: loaded, metadata, note } = await loadParamsAndMetadata(path);
    assertSame(loaded, { ...both, "module.queue": tf.ones([1]) });
    assertEquals([metadata, note], [{}, undefined]);
  }));

Deno.test("loadParams() takes tensors by the names of what every object has", () =>
  withFile(async (path) => {
    const names = ["constructor", "toString", "__proto__", "hasOwnProperty", "valueOf"];
    const named = Object.fromEntries(names.map((name) => [name, tf.ones([1])]));
    await saveParams(path, named);
    const loaded = await loadParams(path);
    assertEquals(Object.keys(loaded).sort(), names.sort());
    assertEquals(Object.getPrototypeOf(loaded), Object.prototype);
  }));

Deno.test("saveParams() refuses a tensor whose name safetensors has for its header", () =>
  withFile(async (path, folder) => {
    const params = { a: tf.ones([1]), __metadata__: tf.ones([1]) };
    await assertRejects(
      () => saveParams(path, params),
      UserError,
      `Cannot write parameters to ${path}: a tensor is named __metadata__, which safetensors keeps`,
    );
    assertEquals([...Deno.readDirSync(folder)], []);
  }));

Deno.test("loadParams() refuses a checkpoint, and names the run folder to give instead", () =>
  inFolder(async (run) => {
    const state = { params: { w: tf.ones([1]) }, buffers: {} };
    const options = { position: startPosition(), options: {}, engine: "none" };
    const path = await saveCheckpoint(run, { state, ...options });
    const message =
      `it is a checkpoint of a run, and no file of parameters; give the run folder ${run}`;
    await assertRefused(path, message);
    const moved = join(run, "model.pth");
    await Deno.rename(path, moved);
    await assertRefused(moved, "give the run folder or the model.safetensors in it");
  }));

Deno.test("messages about files show no control characters of the names in them", () =>
  withFile(async (path) => {
    const name = `\x1b]0;owned\x07\n${"x".repeat(1e5)}`;
    const data = bytesOf(Float32Array.of(1));
    const refusals = [
      { dtype: "U16", shape: [2], data },
      { dtype: "I64", shape: [1], data: bytesOf(BigInt64Array.of(2n ** 40n)) },
    ];
    for (const tensor of refusals) {
      const file = formatSafetensors({ tensors: { [name]: tensor }, metadata: {} });
      await Deno.writeFile(path, file);
      const { message } = await assertRejects(() => loadParams(path), UserError);
      assert(/^[^\p{Cc}]{1,400}$/u.test(message), message.slice(0, 500));
    }
  }));

Deno.test("loadParams() takes the network out of the groups of an HDF5 file, and names them", () =>
  inFolder(async (folder) => {
    const { FS } = await h5wasm.ready;
    const file = new h5wasm.File("/nested.h5", "w");
    const group = file.create_group("checkpoint").create_group("module");
    const params = wideResNet({ depth: 10, width: 0.25, numClasses: 3 }).init(1);
    for (const [name, { shape, size }] of Object.entries(params)) {
      group.create_dataset({ name, shape, data: new Float32Array(size) });
    }
    file.create_dataset({ name: "epoch", shape: [1], data: new Float32Array(1) });
    file.close();
    const path = join(folder, "nested.h5");
    await Deno.writeFile(path, FS.readFile("/nested.h5"));
    const { params: loaded, note } = await loadParamsAndMetadata(path);
    assertEquals(Object.keys(loaded).sort(), Object.keys(params).sort());
    assertEquals(note, "took 40 tensors, which lie under checkpoint.module.; left epoch [1]");
  }));
