/**
 * Parameters from and to files: layouts, types, and files that are not what they should be.
 *
 * @module
 */
import "@tensorflow/tfjs";
import * as tf from "@tensorflow/tfjs-core";
import { assert, assertEquals, assertRejects } from "@std/assert";
import { fromFileUrl, join, toFileUrl } from "@std/path";
import { UserError } from "../../../lib/errors.ts";
import type { Tensors } from "../../../lib/params.ts";
import {
  formatSafetensors,
  parseSafetensors,
  type SafeTensor,
} from "../../../lib/formats/safetensors.ts";
import {
  loadParams,
  loadParamsAndMetadata,
  saveParams,
  saveParamsAndMetadata,
} from "../../../lib/formats/weights.ts";
import { wideResNet } from "../../../models/wide_resnet.ts";
import { assertSame } from "../../same.ts";
import { assertRefused, bytesOf, read, withFile } from "./files.ts";
import { inFolder, makePipe } from "../../folders.ts";

tf.setBackend("cpu");

function base64(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

// Made with torch 2.9.0 and safetensors 0.8.0:
//
//   x = torch.arange(-6.0, 6.0).reshape(2, 1, 3, 2) / 4
//   safetensors.torch.save(
//       {
//           "f32": x,
//           "f64": x.double(),
//           "f16": x.half(),
//           "bf16": x.bfloat16(),
//           "i64": torch.tensor(-7),
//           "i32": torch.tensor([[1, -2], [3, 2**31 - 1]], dtype=torch.int32),
//           "u8": torch.tensor([0, 255], dtype=torch.uint8),
//           "bool": torch.tensor([True, False, True]),
//           "empty": torch.zeros(0, 3),
//           "bn.weight": torch.tensor([0.1, 1e-30, float("inf")]),
//       },
//       {"made": "by PyTorch"},
//   )
const madeByPyTorch = base64(
  "mAIAAAAAAAB7Il9fbWV0YWRhdGFfXyI6eyJtYWRlIjoiYnkgUHlUb3JjaCJ9LCJpNjQiOnsiZHR5cGUiOiJJNjQiLCJzaG" +
    "FwZSI6W10sImRhdGFfb2Zmc2V0cyI6WzAsOF19LCJmNjQiOnsiZHR5cGUiOiJGNjQiLCJzaGFwZSI6WzIsMSwzLDJdLCJk" +
    "YXRhX29mZnNldHMiOls4LDEwNF19LCJibi53ZWlnaHQiOnsiZHR5cGUiOiJGMzIiLCJzaGFwZSI6WzNdLCJkYXRhX29mZn" +
    "NldHMiOlsxMDQsMTE2XX0sImVtcHR5Ijp7ImR0eXBlIjoiRjMyIiwic2hhcGUiOlswLDNdLCJkYXRhX29mZnNldHMiOlsx" +
    "MTYsMTE2XX0sImYzMiI6eyJkdHlwZSI6IkYzMiIsInNoYXBlIjpbMiwxLDMsMl0sImRhdGFfb2Zmc2V0cyI6WzExNiwxNj" +
    "RdfSwiaTMyIjp7ImR0eXBlIjoiSTMyIiwic2hhcGUiOlsyLDJdLCJkYXRhX29mZnNldHMiOlsxNjQsMTgwXX0sImJmMTYi" +
    "OnsiZHR5cGUiOiJCRjE2Iiwic2hhcGUiOlsyLDEsMywyXSwiZGF0YV9vZmZzZXRzIjpbMTgwLDIwNF19LCJmMTYiOnsiZH" +
    "R5cGUiOiJGMTYiLCJzaGFwZSI6WzIsMSwzLDJdLCJkYXRhX29mZnNldHMiOlsyMDQsMjI4XX0sInU4Ijp7ImR0eXBlIjoi" +
    "VTgiLCJzaGFwZSI6WzJdLCJkYXRhX29mZnNldHMiOlsyMjgsMjMwXX0sImJvb2wiOnsiZHR5cGUiOiJCT09MIiwic2hhcG" +
    "UiOlszXSwiZGF0YV9vZmZzZXRzIjpbMjMwLDIzM119fSAgICAg+f////////8AAAAAAAD4vwAAAAAAAPS/AAAAAAAA8L8A" +
    "AAAAAADovwAAAAAAAOC/AAAAAAAA0L8AAAAAAAAAAAAAAAAAANA/AAAAAAAA4D8AAAAAAADoPwAAAAAAAPA/AAAAAAAA9D" +
    "/NzMw9YEKiDQAAgH8AAMC/AACgvwAAgL8AAEC/AAAAvwAAgL4AAAAAAACAPgAAAD8AAEA/AACAPwAAoD8BAAAA/v///wMA" +
    "AAD///9/wL+gv4C/QL8Av4C+AACAPgA/QD+AP6A/AL4AvQC8ALoAuAC0AAAANAA4ADoAPAA9AP8BAAE=",
);

Deno.test("loadParams() reads what PyTorch wrote, whatever its types", async () => {
  await withFile(async (path) => {
    await Deno.writeFile(path, madeByPyTorch);
    const { params, metadata } = await loadParamsAndMetadata(path);
    assertEquals(metadata, { made: "by PyTorch" });
    assertEquals(Object.keys(params).length, 10);
    // [out, in, kh, kw] = [2, 1, 3, 2] has become [3, 2, 1, 2]
    const turned = [-6, 0, -5, 1, -4, 2, -3, 3, -2, 4, -1, 5].map((x) => x / 4);
    for (const key of ["f32", "f64", "f16", "bf16"]) {
      assertEquals(read(params, key), ["float32", [3, 2, 1, 2], turned]);
    }
    assertEquals(read(params, "i64"), ["int32", [], [-7]]);
    assertEquals(read(params, "i32"), ["int32", [2, 2], [1, -2, 3, 2 ** 31 - 1]]);
    assertEquals(read(params, "u8"), ["int32", [2], [0, 255]]);
    assertEquals(read(params, "bool"), ["bool", [3], [1, 0, 1]]);
    assertEquals(read(params, "empty"), ["float32", [0, 3], []]);
    const weight = [Math.fround(0.1), Math.fround(1e-30), Infinity];
    assertEquals(read(params, "bn.weight"), ["float32", [3], weight]);
  });
});

Deno.test("saveParams() writes what loadParams() reads, to the bit", async () => {
  const params: Tensors = {
    ...wideResNet({ depth: 10, width: 1, numClasses: 10 }).init(1),
    "whatever": tf.randomNormal([2, 3, 4, 5], 0, 1, "float32", 1),
    "cube": tf.randomNormal([2, 3, 4], 0, 1, "float32", 2),
    "five": tf.randomNormal([2, 1, 2, 1, 2], 0, 1, "float32", 3),
    "scalar": tf.scalar(-0),
    "odd numbers": tf.tensor1d([NaN, Infinity, -Infinity, 1e-45]),
    "int": tf.tensor4d([1, 2, 3, 4, 5, 6], [1, 2, 3, 1], "int32"),
    "bool": tf.tensor1d([true, false], "bool"),
    "empty": tf.zeros([3, 3, 0, 16]),
    'a key \u00e9 " with\nall': tf.tensor1d([1]),
  };
  await withFile(async (path, folder) => {
    await saveParamsAndMetadata(path, params, { note: "a\nb \u00e9" });
    const { params: loaded, metadata } = await loadParamsAndMetadata(path);
    assertEquals(metadata, { note: "a\nb \u00e9" });
    assertSame(loaded, params);
    const types = (tensors: Tensors) => Object.values(tensors).map(({ dtype }) => dtype);
    assertEquals(types(loaded), types(params));
    assertEquals([...Deno.readDirSync(folder)].map(({ name }) => name), ["a.safetensors"]);
    await saveParams(path, {});
    assertEquals(await loadParams(path), {});
  });
});

Deno.test("saveParams() writes filters in PyTorch's layout", async () => {
  await withFile(async (path) => {
    // the value at [kh, kw, in, out] tells its place
    const values = [];
    for (const kh of [0, 1, 2]) {
      for (const kw of [0, 1]) {
        for (const input of [0, 1, 2, 3]) {
          for (const output of [0, 1]) values.push(1000 * kh + 100 * kw + 10 * input + output);
        }
      }
    }
    await saveParams(path, { filter: tf.tensor(values, [3, 2, 4, 2]) });
    const { filter } = parseSafetensors(await Deno.readFile(path)).tensors;
    assert(filter);
    assertEquals(filter.shape, [2, 4, 3, 2]);
    const stored = new Float32Array(filter.data.slice().buffer);
    assertEquals(Array.from(stored.subarray(0, 8)), [0, 100, 1000, 1100, 2000, 2100, 10, 110]);
    assertEquals(stored.at(-1), 2131);
  });
});

Deno.test("loadParams() leaves no tensor behind where a file is damaged", async () => {
  await withFile(async (path) => {
    const one: SafeTensor = { dtype: "F32", shape: [1], data: new Uint8Array(4) };
    const tensors = { one, two: { dtype: "U16", shape: [2], data: new Uint8Array(4) } };
    await Deno.writeFile(path, formatSafetensors({ tensors, metadata: {} }));
    const before = tf.memory().numTensors;
    await assertRefused(path, "two has type U16, which is not supported");
    assertEquals(tf.memory().numTensors, before);
  });
});

Deno.test("loadParams() refuses a file cut at any byte", async () => {
  await withFile(async (path) => {
    await saveParams(path, {
      conv: tf.ones([1, 1, 2, 3]),
      "bn.weight": tf.ones([2]),
      none: tf.zeros([0]),
    });
    const bytes = await Deno.readFile(path);
    for (let length = 0; length < bytes.length; length++) {
      await Deno.writeFile(path, bytes.subarray(0, length));
      await assertRefused(path);
    }
    await Deno.writeFile(path, bytes);
    assertEquals(Object.keys(await loadParams(path)).length, 3);
  });
});

Deno.test("loadParams() refuses a whole number that int32 cannot hold", async () => {
  await withFile(async (path) => {
    for (const value of [2n ** 31n, -(2n ** 31n) - 1n, 2n ** 32n + 1n]) {
      const data = bytesOf(BigInt64Array.of(value));
      const tensors = { count: { dtype: "I64", shape: [1], data } };
      await Deno.writeFile(path, formatSafetensors({ tensors, metadata: {} }));
      await assertRefused(path, `count holds ${value}`);
    }
  });
});

Deno.test("loadParams() reads an empty filter, however large its other sides are said to be", async () => {
  await withFile(async (path) => {
    const tensors = { none: { dtype: "F32", shape: [1, 0, 2 ** 40, 1], data: new Uint8Array() } };
    await Deno.writeFile(path, formatSafetensors({ tensors, metadata: {} }));
    assertEquals(read(await loadParams(path), "none"), ["float32", [2 ** 40, 1, 0, 1], []]);
  });
});

Deno.test("loadParams() refuses a missing file, a folder and another kind of file", async () => {
  await withFile(async (path, folder) => {
    await assertRefused(path);
    await Deno.mkdir(path);
    await assertRefused(path);
    const other = join(folder, "model.onnx");
    await Deno.writeTextFile(other, "\x08\x09 of another kind");
    await assertRefused(
      other,
      "must be one of .safetensors, .pth",
      'begins with "\\b\\t of another ki"',
    );
    const others = {
      "version https://git-lfs.github.com/spec/v1\noid sha256:0\n":
        "fetch the file with git lfs pull",
      "\n<!DOCTYPE html><html>": "it is a web page",
      "<html>": "it is a web page",
    };
    for (const [text, part] of Object.entries(others)) {
      for (const name of ["model.pth", "model.safetensors", "model.h5", "model"]) {
        await Deno.writeTextFile(join(folder, name), text);
        await assertRefused(join(folder, name), part);
      }
    }
    await Deno.writeFile(other, new Uint8Array([0x1f, 0x8b, 8, 0]));
    await assertRefused(other, "it is compressed by gzip; unpack it first");
  });
});

Deno.test({
  name: "loadParams() refuses a pipe and a device of any name",
  ignore: Deno.build.os === "windows",
  fn: () =>
    inFolder(async (folder) => {
      for (const extension of ["safetensors", "pth", "h5"]) {
        const [pipe, device] = [join(folder, `a.${extension}`), join(folder, `b.${extension}`)];
        using _pipe = await makePipe(pipe);
        await assertRefused(pipe, "is a pipe, a socket or a device, and no file");
        await Deno.symlink("/dev/zero", device);
        await assertRefused(device, "is a pipe, a socket or a device, and no file");
      }
    }),
});

Deno.test("saveParams() throws where it cannot write, and keeps what was there", async () => {
  await withFile(async (path, folder) => {
    const params = { w: tf.tensor1d([1]) };
    const nowhere = join(folder, "nowhere", "a.safetensors");
    await assertRejects(() => saveParams(nowhere, params), UserError, nowhere);
    await assertRejects(() => saveParams(join(folder, "a.bin"), params), UserError, ".safetensors");
    await saveParams(path, params);
    const complex = { w: params.w, z: tf.complex([1], [2]) };
    await assertRejects(() => saveParams(path, complex), TypeError, "Cannot save z");
    assertEquals(read(await loadParams(path), "w"), ["float32", [1], [1]]);
    assertEquals([...Deno.readDirSync(folder)].length, 1);
  });
});

for (
  const [file, same] of [
    ["pytorch/checkpoint.pth", "pytorch/checkpoint"],
    ["pytorch/checkpoint_legacy.pth", "pytorch/checkpoint"],
    ["pytorch/run.pt7", "pytorch/run_student"],
    ["hdf5/hickle1.hkl", "hdf5/hickle"],
    ["hdf5/hickle5.hkl", "hdf5/hickle"],
  ] as const
) {
  Deno.test(`loadParams() reads of ${file} what stands in ${same}.safetensors`, async () => {
    const load = async (name: string) => {
      const params = await loadParams(
        fromFileUrl(new URL(`../../fixtures/${name}`, import.meta.url)),
      );
      return Object.fromEntries(Object.entries(params).toSorted()); // the files' orders differ
    };
    assertSame(await load(file), await load(`${same}.safetensors`));
  });
}

Deno.test("loadParams() takes wrappers' prefixes off, where all keys have them, and counters out", () =>
  withFile(async (path) => {
    const one = { dtype: "F32", shape: [1], data: bytesOf(Float32Array.of(1)) };
    const keysOf = async (...keys: string[]) => {
      const tensors = Object.fromEntries(keys.map((key) => [key, one]));
      await Deno.writeFile(path, formatSafetensors({ tensors, metadata: {} }));
      return Object.keys(await loadParams(path));
    };
    const wrapped = ["module.model.fc.bias", "module.model.bn1.num_batches_tracked"];
    assertEquals(await keysOf(...wrapped), ["fc.bias"]);
    assertEquals(await keysOf("module.fc.bias", "fc.weight"), ["module.fc.bias", "fc.weight"]);
  }));

Deno.test("loadParams() reads SGE's parameters as the authors keep them, [1, groups, 1, 1]", () =>
  withFile(async (path) => {
    const data = bytesOf(Float32Array.of(1, 2, 3));
    const tensors = {
      "layer1.0.sge.weight": { dtype: "F32", shape: [1, 3, 1, 1], data },
      "layer1.0.sge.bias": { dtype: "F32", shape: [3], data },
    };
    await Deno.writeFile(path, formatSafetensors({ tensors, metadata: {} }));
    const params = await loadParams(path);
    for (const key of Object.keys(tensors)) {
      assertEquals(read(params, key), ["float32", [3], [1, 2, 3]]);
    }
  }));

Deno.test("loadParams() and saveParams() take file: URLs, and refuse others", () =>
  withFile(async (path) => {
    const params = { w: tf.tensor1d([1, 2]) };
    for (const place of [toFileUrl(path), toFileUrl(path).href]) {
      await saveParams(place, params);
      assertEquals(read(await loadParams(place), "w"), ["float32", [2], [1, 2]]);
    }
    const remote = "https://example.org/w.safetensors";
    for (const [place, kind] of [[new URL(remote), TypeError], [remote, UserError]] as const) {
      const message = `Cannot use ${remote} as a path: only files can be read and written`;
      await assertRejects<Error>(() => loadParams(place), kind, message);
      await assertRejects<Error>(() => saveParams(place, params), kind, message);
    }
    for (const place of [undefined, null, 3, new Uint8Array(2), {}]) {
      const message = "as a path: it must be a text or a file: URL";
      await assertRejects(() => loadParams(place as never), TypeError, message);
      await assertRejects(() => saveParams(place as never, params), TypeError, message);
    }
    const disposed = tf.ones([2]);
    disposed.dispose();
    await assertRejects(() => saveParams(path, { w: disposed }), TypeError, "w of the parameters");
    await assertRejects(() => saveParams(path, null as never), TypeError, "null as the parameters");
  }));
