/** Tests of plots side by side. @module */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { drawPlots, plotWidth } from "../../../tasks/visualize/plots.ts";

Deno.test("drawPlots() puts equal frames beside each other, with their texts escaped", () => {
  const plot = (title: string, ...notes: string[]) => ({
    ...{ title, notes, alt: `${title} & its numbers`, content: ["<path/>"] },
    ticks: [[0, "0"], [plotWidth - 9, "1"]] as const,
  });
  const one = drawPlots([plot("a", "x")], 50, "caption");
  const two = drawPlots([plot("a", "x", "y"), plot("<b>", "x", "y")], 50, "caption");
  assertEquals([one.width, two.width, two.height - one.height], [
    plotWidth,
    2 * plotWidth + 30,
    16,
  ]);
  assertEquals(one.caption, "caption");
  assertEquals(two.content.match(/ role="img" transform="translate\(0 56\)"/g)?.length, 2);
  assertStringIncludes(two.content, ">&lt;b&gt;<");
  assertStringIncludes(two.content, "<title>&lt;b&gt; &amp; its numbers</title>");
  assertStringIncludes(two.content, `<text x="${plotWidth - 9}" y="122" class="faint">1</text>`);
});
