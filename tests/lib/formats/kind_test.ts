/**
 * The kind of a file, by its first bytes.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { isNamedAsParams, kindOf, kindOfName } from "../../../lib/formats/kind.ts";
import { formatSafetensors } from "../../../lib/formats/safetensors.ts";
import { legacyFile, tensor, zipFile } from "./pytorch/crafted.ts";

function fixture(path: string): Uint8Array {
  return Deno.readFileSync(new URL(`../../fixtures/${path}`, import.meta.url));
}

Deno.test("kindOf() tells every fixture by its bytes", () => {
  for (const name of ["tensors.pth", "tensors_legacy.pth", "protocol1_legacy.pth", "run.pt7"]) {
    assertEquals(kindOf(fixture(`pytorch/${name}`)), "pytorch");
  }
  for (const name of ["hickle1.hkl", "hickle5.hkl", "user_block.h5", "groups.h5"]) {
    assertEquals(kindOf(fixture(`hdf5/${name}`)), "hdf5");
  }
  for (const name of ["layers.safetensors", "pytorch/tensors.safetensors"]) {
    assertEquals(kindOf(fixture(name)), "safetensors");
  }
  assertEquals(kindOf(zipFile(tensor())), "pytorch");
  assertEquals(kindOf(legacyFile(tensor())), "pytorch");
  assertEquals(kindOf(new TextEncoder().encode("x".repeat(257) + "ustar")), "pytorch");
});

Deno.test("kindOf() tells safetensors of any length of header, one that begins as a pickle too", () => {
  const firsts = new Set<number>();
  for (let length = 1; length < 600; length++) {
    const tensors = {
      ["k".repeat(length)]: { dtype: "U8", shape: [1], data: new Uint8Array(1) },
    };
    const bytes = formatSafetensors({ tensors, metadata: {} });
    firsts.add(bytes[0]!);
    assertEquals(kindOf(bytes), "safetensors");
  }
  assert(firsts.has(0x80));
});

Deno.test("kindOf() is undefined for other bytes", () => {
  for (
    const text of ["", "{", "\x08\x09onnx", "PK\x05\x06", "GIF89a", "\x80\0\0\0\0\0\0\0{".slice(1)]
  ) {
    assertEquals(kindOf(new TextEncoder().encode(text)), undefined, text);
  }
});

Deno.test("isNamedAsParams() and kindOfName() take endings in any case", () => {
  for (
    const name of ["a.pth", "MODEL.PTH", "a.pth.tar", "a.bin", "a.ckpt", "x/a.T7", "a.safetensors"]
  ) {
    assert(isNamedAsParams(name), name);
  }
  for (const name of ["resnet_16_2_teacher", "run.1", "pth", "a.pth/run"]) {
    assert(!isNamedAsParams(name), name);
  }
  assertEquals(["A.PT", "a.h5", "a.bin"].map(kindOfName), ["pytorch", "hdf5", undefined]);
});
