/**
 * Values on their way to TensorFlow and back.
 *
 * @module
 */
import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import { DataType } from "../../../lib/tensorflow/data_types.ts";
import { openLibrary } from "../../../lib/tensorflow/library.ts";
import {
  newTensor,
  readTensor,
  type ReadValues,
  stringElements,
  toBytes,
  type Values,
} from "../../../lib/tensorflow/tensor_values.ts";
import { useTensorFlow } from "../../../lib/backend/use_tensorflow.ts";
import { runProgram } from "../../processes.ts";
import { long } from "../../long.ts";

const library = openLibrary((await useTensorFlow({ gpu: false })).library);
const encoder = new TextEncoder();

/** The values after their way through a `TF_Tensor`. */
function roundTrip(dtype: number, shape: number[], values: Values): ReadValues {
  const tensor = newTensor(library, dtype, shape, values);
  try {
    return readTensor(library, dtype, tensor);
  } finally {
    if (dtype === DataType.string) {
      for (const element of stringElements(library, tensor)) library.TF_StringDealloc(element);
    }
    library.TF_DeleteTensor(tensor);
  }
}

Deno.test("newTensor() keeps the bits of every fixed-size type", () => {
  const cases: [number, Values & ReadValues][] = [
    [DataType.float32, Float32Array.of(1.5, -0, NaN, Infinity, -Infinity, 1e-45)],
    [DataType.int32, Int32Array.of(0, -1, 2 ** 31 - 1, -(2 ** 31), 7, 8)],
    [DataType.int64, BigInt64Array.of(0n, -1n, 2n ** 62n, -(2n ** 62n), 7n, 8n)],
    [DataType.uint8, Uint8Array.of(0, 1, 127, 128, 254, 255)],
    [DataType.bool, Uint8Array.of(0, 1, 1, 0, 0, 1)],
  ];
  for (const [dtype, values] of cases) {
    assertEquals(roundTrip(dtype, [2, 3], values), values, `type ${dtype}`);
  }
});

Deno.test("newTensor() takes int64 as pairs of int32, lowest first, as tfjs-node gives it", () => {
  assertEquals(
    roundTrip(DataType.int64, [2], Int32Array.of(5, 0, -2, -1)),
    BigInt64Array.of(5n, -2n),
  );
});

Deno.test("newTensor() takes complex64 interleaved, or as two arrays", () => {
  const interleaved = Float32Array.of(1, 3, 2, 4);
  const [real, imag] = [Float32Array.of(1, 2), Float32Array.of(3, 4)];
  assertEquals(roundTrip(DataType.complex64, [2], interleaved), interleaved);
  assertEquals(roundTrip(DataType.complex64, [2], { real, imag }), interleaved);
});

Deno.test("newTensor() takes part of a larger array", () => {
  const part = Float32Array.of(1, 2, 3, 4).subarray(1, 3);
  assertEquals(roundTrip(DataType.float32, [2], part), Float32Array.of(2, 3));
});

Deno.test("newTensor() keeps strings byte by byte", () => {
  const binary = Uint8Array.from({ length: 256 }, (_, i) => i);
  const values = ["", "a", "naïve 注意 🧠", "x".repeat(100_000), "null\0inside"];
  const read = roundTrip(DataType.string, [2, 3], [...values, binary]);
  assertEquals(read, [...values.map((value) => encoder.encode(value)), binary]);
});

Deno.test("newTensor() makes tensors without elements", () => {
  assertEquals(roundTrip(DataType.float32, [0, 3], new Float32Array(0)), new Float32Array(0));
  assertEquals(roundTrip(DataType.bool, [0], new Uint8Array(0)), new Uint8Array(0));
  assertEquals(roundTrip(DataType.string, [0], []), []);
});

Deno.test("newTensor() refuses another number of values than the shape's", () => {
  assertThrows(
    () => newTensor(library, DataType.float32, [2, 2], new Float32Array(3)),
    TypeError,
    "float32[2,2]: it holds 16 bytes and 12 were given",
  );
  assertThrows(
    () => newTensor(library, DataType.string, [2], ["one"]),
    TypeError,
    "string[2]: it holds 2 strings and 1 were given",
  );
});

Deno.test("readTensor() gives a copy that outlives the tensor", () => {
  const tensor = newTensor(library, DataType.int32, [2], Int32Array.of(1, 2));
  const [first, second] = [0, 1].map(() => readTensor(library, DataType.int32, tensor));
  library.TF_DeleteTensor(tensor);
  (first as Int32Array)[0] = 9;
  assertEquals(second, Int32Array.of(1, 2));
});

Deno.test("toBytes() makes numbers of plain lists what the type says", () => {
  const list = [1, 2] as unknown as Values;
  assertEquals(toBytes(DataType.float32, [2], list), new Uint8Array(Float32Array.of(1, 2).buffer));
  assertEquals(toBytes(DataType.int32, [2], list), new Uint8Array(Int32Array.of(1, 2).buffer));
  assertEquals(toBytes(DataType.int64, [2], list), new Uint8Array(BigInt64Array.of(1n, 2n).buffer));
  assertEquals(
    toBytes(DataType.bool, [2], [true, false] as unknown as Values),
    Uint8Array.of(1, 0),
  );
});

Deno.test("toBytes() refuses types that have no layout", () => {
  assertThrows(() => toBytes(DataType.string, [1], ["a"]), TypeError, "string");
});

long.test("newTensor() says for what there is no memory", {
  ignore: Deno.build.os !== "linux",
}, async () => {
  const { out, err } = await runProgram(new URL("no_memory.ts", import.meta.url));
  const message = /^8: Cannot make .*: there is no memory for a tensor of shape\[10000,10000\]\n$/;
  assertMatch(out, message, err);
});
