/**
 * The table of data types.
 *
 * @module
 */
import { assertEquals, assertThrows } from "@std/assert";
import {
  checkShape,
  DataType,
  dataTypeName,
  describeType,
  layoutOf,
  sizeOf,
} from "../../../lib/tensorflow/data_types.ts";

Deno.test("dataTypeName() names every type, and numbers one it does not know", () => {
  for (const [name, dtype] of Object.entries(DataType)) assertEquals(dataTypeName(dtype), name);
  assertEquals(dataTypeName(23), "type 23");
});

Deno.test("describeType() writes type and shape", () => {
  assertEquals(describeType({ dtype: DataType.float32, shape: [128, 10] }), "float32[128,10]");
  assertEquals(describeType({ dtype: DataType.string, shape: [] }), "string[]");
});

Deno.test("layoutOf() gives arrays whose elements have the type's size", () => {
  const { string: _, resource: __, bfloat16: ___, int16: ____, ...moved } = DataType;
  const types = Object.values(moved);
  for (const dtype of types) {
    const { size, array } = layoutOf(dtype);
    const { byteLength } = new array(new ArrayBuffer(size * 3));
    assertEquals(byteLength, size * 3, dataTypeName(dtype));
  }
});

Deno.test("layoutOf() refuses types without a fixed size, and those of the inside", () => {
  assertThrows(() => layoutOf(DataType.int16), TypeError, "int16");
  assertThrows(() => layoutOf(DataType.bfloat16), TypeError, "bfloat16");
  assertThrows(() => layoutOf(DataType.string), TypeError, "string");
  assertThrows(() => layoutOf(DataType.resource), TypeError, "resource");
  assertThrows(() => layoutOf(23), TypeError, "type 23");
});

Deno.test("sizeOf() counts a scalar as one, and nothing in an empty dimension", () => {
  assertEquals(sizeOf([]), 1);
  assertEquals(sizeOf([2, 3]), 6);
  assertEquals(sizeOf([2, 0, 3]), 0);
});

Deno.test("checkShape() takes all shapes that a tensor can have, and unknown dimensions", () => {
  for (const shape of [[], [0], [-1, 3], [2 ** 31, 2 ** 21], Array<number>(254).fill(1)]) {
    checkShape(shape);
  }
});

Deno.test("checkShape() refuses what TensorFlow would end the process for", () => {
  const wrong = [[-2], [1.5], [NaN], [Infinity], [2 ** 63, 0], [2 ** 40, 2 ** 40, 0]];
  for (const shape of [...wrong, Array<number>(255).fill(1)]) {
    assertThrows(() => checkShape(shape), RangeError, "Cannot make a tensor of");
  }
});
