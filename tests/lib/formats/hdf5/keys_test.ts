/**
 * Keys out of the places where HDF5 files have parameters.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { findLayout, keyOf, type Layout } from "../../../../lib/formats/hdf5/keys.ts";

Deno.test("findLayout() tells hickle's layouts by what the root has", () => {
  assertEquals(findLayout(["HICKLE_VERSION"], ["data"]), "hickle4");
  assertEquals(findLayout(["CLASS", "VERSION", "type"], ["data_0"]), "hickle2");
  assertEquals(findLayout([], ["data", "type"]), "hickle1");
  assertEquals(findLayout([], ["data", "type", "more"]), "plain");
  assertEquals(findLayout(["CLASS"], ["data_0"]), "hickle2");
  assertEquals(findLayout(["CLASS"], ["data_0", "more"]), "plain");
});

const keys: [layout: Layout, path: string, key: string | undefined][] = [
  ["plain", "data/data_0/'a'", "data.data_0.a"],
  ["plain", "'fc.weight'", "fc.weight"],
  ["plain", "fc/weight", "fc.weight"],
  ["hickle1", "type", undefined],
  ["hickle1", "data/_fc.weight", undefined],
  ["hickle1", "data/fc.weight", "fc.weight"],
  ["hickle1", "data/fc/data", "fc.data"],
  ["hickle1", "data", ""],
  ["hickle2", "data_0/fc.weight/data_0", "fc.weight"],
  ["hickle2", "data_0/'fc.weight'/data_0", "fc.weight"],
  ["hickle2", "data_0/u'fc.weight'/data_0", "fc.weight"],
  ["hickle2", "data_0/'fc'/data_0/'weight'/data_0", "fc.weight"],
  ["hickle2", "data_0", ""],
  ["hickle4", "data/'fc.weight'/data", "fc.weight"],
  ["hickle4", 'data/"fc.weight"', "fc.weight"],
  ["hickle4", 'data/"data"', "data"],
  ["hickle4", "data/5", "5"],
  ["hickle4", "hickle_types_table/ndarray", undefined],
];

for (const [layout, path, key] of keys) {
  Deno.test(`keyOf() makes ${key || "no key"} of ${path} in the layout ${layout}`, () => {
    assertEquals(keyOf(path.split("/"), layout), key);
  });
}
