/**
 * Names in messages.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { printable } from "../../lib/printable.ts";

Deno.test("printable() escapes what moves a terminal's cursor or turns what is read", () => {
  assertEquals(printable("café ！😀.jpg"), "café ！😀.jpg");
  assertEquals(printable("a\x1b[2J\r\n\x07\x9b.jpg"), "a\\x1b[2J\\x0d\\x0a\\x07\\x9b.jpg");
  assertEquals(
    printable("\u202egpj.exe\u2066\u2028\ud800"),
    "\\u{202e}gpj.exe\\u{2066}\\u{2028}\\u{d800}",
  );
});

Deno.test("printable() keeps both ends of what is long", () => {
  const shown = printable(`${"a".repeat(2 ** 20)}.jpg`);
  assertEquals([shown.length, shown.slice(95, 105), shown.slice(-4)], [200, "aaaaa…aaaa", ".jpg"]);
  assertEquals(printable("a".repeat(200)), "a".repeat(200));
});

Deno.test("printable() gives one short line of any text", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 400 }), (text) => {
      const shown = printable(text);
      assert(
        shown.length <= 2000 &&
          !/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(shown),
      );
    }),
    { numRuns: 200 },
  );
});
