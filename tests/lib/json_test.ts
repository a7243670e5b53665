/**
 * JSON out of files that may be damaged or hostile.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { parseObject } from "../../lib/json.ts";

function nested(depth: number): string {
  return `${'{"a":'.repeat(depth)}1${"}".repeat(depth)}`;
}

Deno.test("parseObject() gives objects, and nothing else", () => {
  assertEquals(parseObject('{"a": [1, {"b": null}]}'), { a: [1, { b: null }] });
  for (const text of ["", "null", "1", '"a"', "[]", '{"a": 1', '{"a": 1} x', "{a: 1}"]) {
    assertEquals(parseObject(text), undefined, text);
  }
});

Deno.test("parseObject() leaves out what is nested deeper than anything that is written", () => {
  assertEquals(parseObject(nested(32)), JSON.parse(nested(32)));
  assertEquals(parseObject(nested(33)), undefined);
  assertEquals(parseObject(nested(100_000)), undefined);
  assertEquals(parseObject(`{"a": ${"[".repeat(1e6)}${"]".repeat(1e6)}}`), undefined);
});

Deno.test("parseObject() takes a prototype for a name like any other", () => {
  const value = parseObject('{"__proto__": {"a": 1}, "constructor": 2}');
  assertEquals(Object.keys(value ?? {}), ["__proto__", "constructor"]);
  assertEquals((value as { a?: number }).a, undefined);
});
