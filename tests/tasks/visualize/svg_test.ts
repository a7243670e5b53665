/**
 * Tests of writing elements.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { element, escaped, line } from "../../../tasks/visualize/svg.ts";

Deno.test("escaped() leaves nothing that has a meaning of its own, or that XML cannot hold", () => {
  assertEquals(escaped(`<a b="c">&`), "&lt;a b=&quot;c&quot;&gt;&amp;");
  assertEquals(escaped("a\x00b\x1bc\ud800d"), "a\ufffdb\ufffdc\ufffdd");
  assertEquals(escaped("naïve 😀\n"), "naïve 😀\n");
});

Deno.test("element() escapes its attributes and shortens their numbers", () => {
  assertEquals(element("rect", { x: 1 / 3, href: "a&b" }), `<rect x="0.33" href="a&amp;b"/>`);
  assertEquals(
    element("g", { role: "img" }, element("a", {}, "b"), ""),
    `<g role="img"><a>b</a></g>`,
  );
});

Deno.test("line() escapes its text", () => {
  assertEquals(line("a < b", 0, 9, "ink"), `<text x="0" y="9" class="ink">a &lt; b</text>`);
});
