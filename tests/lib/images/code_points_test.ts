/**
 * The order of names.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { byCodePoint } from "../../../lib/images/code_points.ts";

Deno.test("byCodePoint() compares as lists of code points do", () => {
  const points = (text: string) => Array.from(text, (character) => character.codePointAt(0)!);
  const expected = (a: string, b: string): number => {
    const [x, y] = [points(a), points(b)];
    const at = x.findIndex((point, i) => point !== y[i]);
    return at < 0 ? x.length - y.length : x[at]! - (y[at] ?? -1);
  };
  const characters = fc.constantFrom(
    "a",
    "b",
    "\ud7ff",
    "\ue000",
    "\uff01",
    "\u{1f600}",
    "\u{10ffff}",
  );
  const text = fc.array(characters, { maxLength: 4 }).map((all) => all.join(""));
  fc.assert(
    fc.property(
      text,
      text,
      (a, b) => assertEquals(Math.sign(byCodePoint(a, b)), Math.sign(expected(a, b))),
    ),
    { numRuns: 2000 },
  );
});
