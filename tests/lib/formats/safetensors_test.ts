/**
 * The safetensors format: bytes to arrays and back, and headers that lie.
 *
 * @module
 */
import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  formatSafetensors,
  parseSafetensors,
  type SafeTensors,
} from "../../../lib/formats/safetensors.ts";

/** A file with this header, as it is or as JSON, and so many bytes of data. */
function file(header: unknown, dataBytes: number): Uint8Array {
  const text = typeof header === "string" ? header : JSON.stringify(header);
  const json = header instanceof Uint8Array ? header : new TextEncoder().encode(text);
  const bytes = new Uint8Array(8 + json.length + dataBytes);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
  bytes.set(json, 8);
  return bytes;
}

const example: SafeTensors = {
  tensors: {
    "group0.block0.conv0": {
      dtype: "F32",
      shape: [1, 2],
      data: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8),
    },
    "empty": { dtype: "F64", shape: [4, 0], data: new Uint8Array() },
    "count": { dtype: "I64", shape: [], data: Uint8Array.of(9, 0, 0, 0, 0, 0, 0, 0) },
    "flags": { dtype: "BOOL", shape: [3], data: Uint8Array.of(1, 0, 1) },
    "half": { dtype: "BF16", shape: [1], data: Uint8Array.of(128, 63) },
  },
  metadata: { seed: "1", text: '\u00e9\n"' },
};

Deno.test("parseSafetensors() gives back what formatSafetensors() was given", () => {
  assertEquals(parseSafetensors(formatSafetensors(example)), example);
  const nothing = { tensors: {}, metadata: {} };
  assertEquals(parseSafetensors(formatSafetensors(nothing)), nothing);
});

Deno.test("formatSafetensors() follows the format's own words", () => {
  const bytes = formatSafetensors(example);
  const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
  assertEquals(length % 8, 0);
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)));
  assertEquals(header["__metadata__"], example.metadata);
  assertEquals(header["group0.block0.conv0"], {
    dtype: "F32",
    shape: [1, 2],
    data_offsets: [0, 8],
  });
  assertEquals(header["empty"], { dtype: "F64", shape: [4, 0], data_offsets: [8, 8] });
  assertEquals(header["count"], { dtype: "I64", shape: [], data_offsets: [8, 16] });
  assertEquals(bytes.length, 8 + length + 21);
});

Deno.test("parseSafetensors() reads a part of a larger array of bytes, and copies nothing", () => {
  const bytes = formatSafetensors(example);
  const larger = new Uint8Array(bytes.length + 10);
  larger.set(bytes, 3);
  const { tensors } = parseSafetensors(larger.subarray(3, 3 + bytes.length));
  assertEquals(tensors["flags"]?.data, Uint8Array.of(1, 0, 1));
  assert(tensors["flags"]?.data.buffer === larger.buffer);
});

Deno.test("parseSafetensors() takes arrays in any order, and any name", () => {
  const header = `{"b":{"dtype":"U8","shape":[1],"data_offsets":[2,3]},` +
    `"none":{"dtype":"U8","shape":[0],"data_offsets":[2,2]},` +
    `"__proto__":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}   `;
  const { tensors, metadata } = parseSafetensors(file(header, 3));
  assertEquals(Object.keys(tensors), ["b", "none", "__proto__"]);
  assertEquals(metadata, {});
});

Deno.test("parseSafetensors() throws a SyntaxError on a file cut at any byte", () => {
  const bytes = formatSafetensors(example);
  for (let length = 0; length < bytes.length; length++) {
    assertThrows(() => parseSafetensors(bytes.subarray(0, length)), SyntaxError);
  }
});

const array = { dtype: "F32", shape: [2], data_offsets: [0, 8] };

const lies: Record<string, [header: unknown, dataBytes: number]> = {
  "no JSON": ["{", 0],
  "no UTF-8": [Uint8Array.of(123, 34, 255, 34, 58, 48, 125), 0],
  "an array": [[], 0],
  "null": ["null", 0],
  "a tensor that is null": [{ a: null }, 0],
  "a tensor that is a number": [{ a: 7 }, 0],
  "no type": [{ a: { ...array, dtype: undefined } }, 8],
  "an unknown type": [{ a: { ...array, dtype: "F31" } }, 8],
  "a type of the prototype": [{ a: { ...array, dtype: "toString" } }, 8],
  "no shape": [{ a: { ...array, shape: undefined } }, 8],
  "a negative side": [{ a: { ...array, shape: [-2] } }, 8],
  "a fractional side": [{ a: { ...array, shape: [0.5, 4] } }, 8],
  "a side that is a string": [{ a: { ...array, shape: ["2"] } }, 8],
  "a shape beyond numbers": [{ a: { ...array, shape: [2 ** 52, 2 ** 52, 2 ** 52] } }, 8],
  "no offsets": [{ a: { ...array, data_offsets: undefined } }, 8],
  "one offset": [{ a: { ...array, data_offsets: [8] } }, 8],
  "offsets that are negative": [{ a: { ...array, data_offsets: [-8, 0] } }, 8],
  "offsets beyond the data": [{ a: { ...array, data_offsets: [8, 16] } }, 8],
  "offsets in reverse": [{ a: { ...array, data_offsets: [8, 0] } }, 8],
  "another size than the shape's": [{ a: { ...array, shape: [3] } }, 8],
  "a hole before the data": [{ a: { ...array, data_offsets: [4, 12] } }, 12],
  "a hole behind the data": [{ a: array }, 9],
  "arrays that overlap": [{ a: array, b: { ...array, data_offsets: [4, 12] } }, 12],
  "the same bytes twice": [{ a: array, b: array }, 8],
  "metadata that are no object": [{ __metadata__: "by hand" }, 0],
  "metadata that are null": [{ __metadata__: null }, 0],
  "metadata that are not strings": [{ __metadata__: { seed: 1 } }, 0],
};

for (const [lie, [header, dataBytes]] of Object.entries(lies)) {
  Deno.test(`parseSafetensors() throws a SyntaxError on a header with ${lie}`, () => {
    assertThrows(() => parseSafetensors(file(header, dataBytes)), SyntaxError);
  });
}

Deno.test("parseSafetensors() throws a SyntaxError on a header length beyond the file", () => {
  for (const length of [0n, 1n, 2n ** 53n, 2n ** 64n - 1n]) {
    const bytes = file({ a: array }, 8);
    new DataView(bytes.buffer).setBigUint64(0, length, true);
    assertThrows(() => parseSafetensors(bytes), SyntaxError);
  }
});

Deno.test("parseSafetensors() tells of hostile names and types in one short line", () => {
  const deep = `${"[".repeat(100_000)}${"]".repeat(100_000)}`;
  const entries = [
    `"a": {"dtype": ${deep}, "shape": [], "data_offsets": [0, 0]}`,
    `"a": {"dtype": {"toString": 1}, "shape": [], "data_offsets": [0, 0]}`,
    `"a": {"dtype": "constructor", "shape": [], "data_offsets": [0, 0]}`,
    `"a": {"dtype": "${"F".repeat(10_000)}", "shape": [], "data_offsets": [0, 0]}`,
    `"${"a".repeat(10_000)}": {}`,
    `"a\\u001b[31m\\nb": {}`,
    `"a": {"dtype": "F32", "shape": [${Array(60).fill(9007199254740991)}], "data_offsets": [0, 0]}`,
    `"a": {"dtype": "F32", "shape": [${Array(65).fill(1)}], "data_offsets": [0, 4]}`,
  ];
  for (const entry of entries) {
    const { message } = assertThrows(() => parseSafetensors(file(`{${entry}}`, 0)), SyntaxError);
    assert(/^[^\p{Cc}]{1,300}$/u.test(message), message.slice(0, 400));
  }
});

Deno.test("formatSafetensors() keeps an array of any name", () => {
  const tensors = Object.fromEntries(
    ["__proto__", "a", "constructor"].map((name, i) => [
      name,
      { dtype: "U8", shape: [1], data: Uint8Array.of(i) },
    ]),
  );
  assertEquals(Object.keys(tensors).length, 3);
  assertEquals(parseSafetensors(formatSafetensors({ tensors, metadata: {} })).tensors, tensors);
});
