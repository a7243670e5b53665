/**
 * Tests of tables as HTML.
 *
 * @module
 */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { percent, points } from "../../../../tasks/report/evaluation/percent.ts";
import { paragraph, tableHtml, words } from "../../../../tasks/report/html.ts";

Deno.test("tableHtml() has a caption and headers for both directions, all escaped", () => {
  const html = tableHtml({
    caption: "<all>",
    head: ["class", "a&b"].map(words),
    rows: [[words('"cat"'), { text: "<1>", kind: "bar", part: 0.5 }]],
  });
  assertStringIncludes(html, "<caption>&lt;all&gt;</caption>");
  assertStringIncludes(html, '<th scope="col">a&amp;b</th>');
  assertStringIncludes(html, '<th scope="row">&quot;cat&quot;</th>');
  assertStringIncludes(html, '<td class="bar" style="--part: 50.0%">&lt;1&gt;</td>');
  assertStringIncludes(html, 'aria-label="&lt;all&gt;"');
});

Deno.test("paragraph() escapes", () => {
  assertEquals(paragraph("a < b"), "<p>a &lt; b</p>");
});

Deno.test("percent() and points() write numbers for people", () => {
  assertEquals([0, 0.1234, 1, undefined].map(percent), ["0.0%", "12.3%", "100.0%", "–"]);
  assertEquals([0.0126, -0.002, 0].map(points), ["+1.3", "−0.2", "0.0"]);
  assertEquals([-0.0001, 0.0001].map(points), ["0.0", "0.0"]);
});
