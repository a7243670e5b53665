/**
 * Numbers of files that the types here have no room for.
 *
 * @module
 */
import "@tensorflow/tfjs";
import * as tf from "@tensorflow/tfjs-core";
import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { decode } from "../../../lib/formats/decode.ts";
import { UserError } from "../../../lib/errors.ts";
import { loadParams } from "../../../lib/formats/weights.ts";

tf.setBackend("cpu");

function doubles(...values: number[]) {
  return {
    dtype: "F64",
    shape: [values.length],
    data: new Uint8Array(Float64Array.from(values).buffer),
  };
}

Deno.test("decode() refuses a float64 that would become infinite, naming its key", () => {
  const most = 3.4028235e38;
  const { values } = decode("w", doubles(most, -most, 1e-60, NaN, Infinity, -Infinity));
  assertEquals([...values], [
    ...[Math.fround(most), -Math.fround(most), 0, NaN, Infinity, -Infinity],
  ]);
  for (const value of [1e60, -1e60, 3.5e38, Number.MAX_VALUE]) {
    assertThrows(
      () => decode("layer.weight", doubles(0, value)),
      SyntaxError,
      `layer.weight holds ${value}, which does not fit into float32`,
    );
  }
});

Deno.test("decode() gives all half and bfloat16 numbers as float32", () => {
  for (const [dtype, decoded] of [["F16", 65504], ["BF16", 3.3895313892515355e38]] as const) {
    const most = dtype === "F16" ? 0x7bff : 0x7f7f;
    const data = new Uint8Array(Uint16Array.of(most, most | 0x8000).buffer);
    assertEquals([...decode("w", { dtype, shape: [2], data }).values], [decoded, -decoded]);
  }
});

const files = [
  "pytorch/huge_numbers.pth",
  "pytorch/huge_numbers_legacy.pth",
  "hdf5/huge_numbers.h5",
];
for (const file of files) {
  Deno.test(`loadParams() refuses a number of ${file} that would become infinite`, async () => {
    const url = new URL(`../../fixtures/${file}`, import.meta.url);
    const error = await assertRejects(
      () => loadParams(url),
      UserError,
      "layer.weight holds -1e+60, which does not fit into float32",
    );
    assertEquals(error.code, "not-readable");
  });
}
