/**
 * Tests of the HTML of Markdown.
 *
 * @module
 */
import { assertEquals, assertMatch } from "@std/assert";
import {
  anchorOf,
  headingsOf,
  type PageLinks,
  parse,
  render,
} from "../../../tasks/docs/markdown.ts";

const nowhere: PageLinks = {
  address: (href) => href,
  ofName: () => undefined,
  onWrongFormula: (problem) => {
    throw new Error(problem);
  },
};

Deno.test("anchorOf() gives GitHub's anchors", () => {
  const cases = {
    "The library": "the-library",
    "Several processes, several hosts": "several-processes-several-hosts",
    "What tracing refuses, and why": "what-tracing-refuses-and-why",
    "`jit` and bfloat16": "jit-and-bfloat16",
    "A - b_c": "a---b_c",
    "Émile 2": "émile-2",
  };
  for (const [heading, anchor] of Object.entries(cases)) assertEquals(anchorOf(heading), anchor);
});

Deno.test("headingsOf() numbers equal anchors, as in code and in links too", () => {
  assertEquals(headingsOf(parse("# A `b`\n\ntext\n\n## [A b](x.md)\n\n```\n# no\n```\n### A b")), [
    { id: "a-b", text: "A b", depth: 1 },
    { id: "a-b-1", text: "A b", depth: 2 },
    { id: "a-b-2", text: "A b", depth: 3 },
  ]);
});

Deno.test("render() gives formulas as MathML, in a line and apart", () => {
  const html = render(
    parse("The map $`Q_S`$ costs $5 and $6.\n\n```math\n\\frac{1}{2}\n```\n"),
    nowhere,
  );
  assertMatch(
    html,
    /The map <math><msub><mi>Q<\/mi><mi>S<\/mi><\/msub><\/math> costs \$5 and \$6\./,
  );
  assertMatch(
    html,
    /<p class="formula" tabindex="0"><math display="block"[^]*<mfrac><mn>1<\/mn><mn>2<\/mn>/,
  );
});

Deno.test("render() reports a formula that it cannot read", () => {
  const problems: string[] = [];
  render(parse("$`\\frac{1}`$"), {
    ...nowhere,
    onWrongFormula: (problem) => problems.push(problem),
  });
  assertEquals(problems.length, 1);
  assertMatch(problems[0]!, /^the formula \\frac\{1\} cannot be read: /);
});

Deno.test("render() links names, but not in a heading or in another link", () => {
  const links = { ...nowhere, ofName: (code: string) => code === "jit()" ? "jit.html" : undefined };
  const html = render(parse("# `jit()`\n\n`jit()` [`jit()`](a.md) `other`"), links);
  assertEquals(
    html,
    '<h1 id="jit"><code class="whole">jit()</code></h1>\n<p><a href="jit.html"><code class="whole">jit()</code></a> ' +
      '<a href="a.md"><code class="whole">jit()</code></a> <code class="whole">other</code></p>\n',
  );
});

Deno.test("render() escapes code, and keeps the text of a link that leads nowhere", () => {
  const html = render(parse("```ts\na < b && c\n```\n[*gone*](x)"), {
    ...nowhere,
    address: () => undefined,
  });
  assertEquals(
    html,
    '<pre tabindex="0"><code>a &lt; b &amp;&amp; c</code></pre>\n<p><em>gone</em></p>\n',
  );
});
