/** Tests of how numbers and lines are read from bytes. @module */
import { assertEquals, assertThrows } from "@std/assert";
import { Cursor, decodeText } from "../../../../lib/formats/pytorch/cursor.ts";

Deno.test("Cursor reads numbers one after another, little-endian but for the one of pickles", () => {
  const bytes = new Uint8Array(27);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, 200);
  view.setUint16(1, 50_000, true);
  view.setUint32(3, 4_000_000_000, true);
  view.setInt32(7, -5, true);
  view.setBigUint64(11, 2n ** 40n + 1n, true);
  view.setFloat64(19, -0.1);
  const cursor = new Cursor(bytes);
  assertEquals(cursor.uint8(), 200);
  assertEquals(cursor.uint16(), 50_000);
  assertEquals(cursor.uint32(), 4_000_000_000);
  assertEquals(cursor.int32(), -5);
  assertEquals(cursor.uint64(), 2 ** 40 + 1);
  assertEquals(cursor.float64BigEndian(), -0.1);
  assertEquals(cursor.position, 27);
});

Deno.test("Cursor reads lines and parts, from where it is told to begin", () => {
  const cursor = new Cursor(new TextEncoder().encode("xab\n\ncd"), 1);
  assertEquals([cursor.line(), cursor.line(), decodeText(cursor.take(2))], ["ab", "", "cd"]);
  assertEquals(cursor.take(0).length, 0);
});

Deno.test("Cursor throws where too few bytes are left, and stays where it was", () => {
  const cursor = new Cursor(Uint8Array.of(1, 2, 3));
  for (const read of [() => cursor.uint32(), () => cursor.take(4), () => cursor.take(-1)]) {
    assertThrows(read, SyntaxError, "it is cut short");
  }
  assertThrows(() => cursor.line(), SyntaxError, "it ends within a line");
  assertEquals(cursor.uint16(), 513);
});

Deno.test("Cursor reads a part of a larger buffer", () => {
  assertEquals(new Cursor(Uint8Array.of(9, 1, 0, 9).subarray(1, 3)).uint16(), 1);
});
