/**
 * HDF5 files: equal to the same tensors in safetensors files, and files of other kinds.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { readHdf5 } from "../../../../lib/formats/hdf5/read_hdf5.ts";
import { parseSafetensors, type SafeTensor } from "../../../../lib/formats/safetensors.ts";
import { long } from "../../../long.ts";
import { assertRefused, fixture } from "./files.ts";

/** By key, whatever the order: each package has one of its own. */
function sorted(tensors: Record<string, SafeTensor>): [string, SafeTensor][] {
  return Object.entries(tensors).sort(([a], [b]) => a < b ? -1 : 1);
}

async function assertHolds(name: string, expected: string, keys?: string[]): Promise<void> {
  const { tensors, metadata } = await readHdf5(fixture(name), name);
  const all = parseSafetensors(fixture(expected)).tensors;
  const some = Object.entries(all).filter(([key]) => keys?.includes(key) ?? true);
  assertEquals(some.length, keys?.length ?? some.length);
  assert(some.length > 0);
  assertEquals(sorted(tensors), sorted(Object.fromEntries(some)));
  assertEquals(metadata, {});
}

for (const name of ["tensors.h5", "latest_format.h5"]) {
  Deno.test(`readHdf5() reads every type of ${name}`, async () => {
    await assertHolds(name, "tensors.safetensors");
  });
}

const partly: Record<string, string[]> = {
  "packed.h5": ["float64"],
  "packed_latest_format.h5": ["float64", "float16", "int32"],
  "big_endian.h5": ["float64", "float16", "int32"],
  "user_block.h5": ["float64"],
  "groups.h5": ["nested.deeper.weight", "scalar"],
};

for (const [name, keys] of Object.entries(partly)) {
  Deno.test(`readHdf5() reads ${name}`, async () => {
    await assertHolds(name, "tensors.safetensors", keys);
  });
}

for (const version of [1, 2, 3, 4, 5]) {
  Deno.test(`readHdf5() reads what hickle ${version} wrote`, async () => {
    await assertHolds(`hickle${version}.hkl`, "hickle.safetensors");
  });
}

Deno.test("readHdf5() reads several files at once", async () => {
  const names = ["hickle2.hkl", "hickle5.hkl", "hickle2.hkl"];
  await Promise.all(names.map((name) => assertHolds(name, "hickle.safetensors")));
});

long.test("readHdf5() reads a file on a machine that is busy", async () => {
  const name = "export.hkl";
  const reads = Array.from({ length: 12 }, () => readHdf5(fixture(name), name));
  for (const { tensors } of await Promise.all(reads)) assert(Object.keys(tensors).length > 0);
});

Deno.test("readHdf5() leaves the given bytes as they are, views of others too", async () => {
  const file = fixture("groups.h5");
  const larger = new Uint8Array(file.length + 16);
  larger.set(file, 8);
  const { tensors } = await readHdf5(larger.subarray(8, -8), "a.h5");
  assertEquals(Object.keys(tensors).length, 2);
  assertEquals(larger.subarray(8, -8), file);
});

const unsupported: Record<string, string> = {
  "text.h5": "weight holds text",
  "complex.h5": "weight holds compounds, such as complex numbers",
  "enumeration.h5": "weight holds an enumeration",
  "long_double.h5": "weight holds numbers of 128 bits",
  "reference.h5": "weight holds references",
  "nothing.h5": "weight is empty, without a shape",
  "lzf.h5": "weight is compressed by lzf",
  "pickled.hkl": "weight is a pickled object of Python",
  "single_array.hkl": "a single array and no state dictionary",
  "no_arrays.h5": "it holds no arrays",
  "twice.h5": "it holds a.b more than once",
};

for (const [name, part] of Object.entries(unsupported)) {
  Deno.test(`readHdf5() refuses ${name}`, async () => {
    await assertRefused(fixture(name), part);
  });
}

Deno.test("readHdf5() refuses files of other kinds", async () => {
  await assertRefused(new Uint8Array(), "it is empty");
  await assertRefused(new Uint8Array(10_000), "it is not an HDF5 file");
  await assertRefused(new TextEncoder().encode("hello\n\x7f"), 'it begins with "hello\\n\\u007f"');
  await assertRefused(fixture("tensors.safetensors"), "it is not an HDF5 file, for it begins with");
  await assertRefused(fixture("tensors.h5").subarray(0, 8), "it is damaged or cut short");
});
