/**
 * Tests of the site's pages, over guides made here.
 *
 * @module
 */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { readGuides } from "../../../tasks/docs/guides.ts";
import { generator } from "../../../tasks/docs/layout.ts";
import { buildSite, type Site } from "../../../tasks/docs/site.ts";
import { inFolder } from "../../folders.ts";

const repository = fromFileUrl(new URL("../../../", import.meta.url));
const library = {
  path: "docs/library.md",
  text: "# Names\n\n| name | what |\n| --- | --- |\n| `jit` | compiles |\n",
  name: "Names",
  section: "Guides",
};
const reference = {
  names: new Map([["jit", "api/~/jit.html"]]),
  sources: new Set<string>(),
};

function read({ files }: Site, path: string): string {
  return new TextDecoder().decode(files.get(path));
}

Deno.test("buildSite() links pages, sources, pictures and names, and marks the page in the navigation", () =>
  inFolder(async (root) => {
    await Deno.writeTextFile(join(root, "a.ts"), "const a = 1 < 2;\n");
    await Deno.writeTextFile(join(root, "b.ts"), "const b = 2;\n");
    await Deno.writeTextFile(join(root, "a.svg"), "<svg/>");
    const text =
      "# Start\n\n[names](docs/library.md#names), [a](a.ts), ![A](a.svg), `at.jit`, `jit()`," +
      " [out](https://example.org)\n\n## One\n\n## Two\n";
    const start = { path: "README.md", text, name: "Start", section: "Guides" };
    const site = buildSite(root, [start, library], { ...reference, sources: new Set(["b.ts"]) });
    assertEquals(site.problems, []);
    assertEquals(
      [...site.files.keys()].sort(),
      [
        ...["a.svg", "docs/library.html", "index.html"],
        ...["source/a.ts.html", "source/b.ts.html", "style.css"],
      ],
    );
    const page = read(site, "index.html");
    assertStringIncludes(page, generator);
    assertStringIncludes(
      page,
      '<p><a href="docs/library.html#names">names</a>, <a href="source/a.ts.html">a</a>, ' +
        '<img src="a.svg" alt="A"/>, <a href="api/~/jit.html"><code class="whole">at.jit</code></a>, ' +
        '<code class="whole">jit()</code>, <a href="https://example.org">out</a></p>',
    );
    assertMatch(page, /<a href="index.html" aria-current="page">Start<\/a><ul><li><a href="#one">/);
    assertStringIncludes(
      read(site, "docs/library.html"),
      '<a href="../api/~/jit.html"><code class="whole">jit',
    );
    assertStringIncludes(read(site, "source/a.ts.html"), "<code>const a = 1 &lt; 2;\n</code>");
    assertEquals(read(site, "a.svg"), "<svg/>");
  }));

Deno.test("every link and formula in the repository's own guides is right", async () => {
  const { problems } = buildSite(repository, await readGuides(repository), {
    names: new Map(),
    sources: new Set(),
  });
  assertEquals(problems.filter((line) => !line.endsWith(" is no public name")), []);
});

Deno.test("buildSite() has a line for each broken link, with its place", () =>
  inFolder(async (root) => {
    const text =
      "# Start\n\n[a](gone.md)\n[b](#gone) $`\\frac{1}`$\n[c](../etc/passwd)\n![d](x.svg)\n" +
      "[e](docs)\n";
    await Deno.mkdir(join(root, "docs"));
    const start = { path: "README.md", text, name: "Start", section: "Guides" };
    const { problems } = buildSite(root, [start, library], { ...reference, names: new Map() });
    assertEquals(problems.length, 7);
    const expected = [
      /^README\.md:3: the link gone\.md leads to gone\.md, which is not there$/,
      /^README\.md:4: the link #gone leads to no heading of README\.md$/,
      /^README\.md:4: the formula \\frac\{1\} cannot be read: /,
      /^README\.md:5: the link \.\.\/etc\/passwd leads to \.\.\/etc\/passwd, which is not there$/,
      /^README\.md:6: the link x\.svg leads to x\.svg, which is not there$/,
      /^README\.md:7: the link docs leads to docs, which is a folder$/,
      /^docs\/library\.md: jit is no public name$/,
    ];
    expected.forEach((line, i) => assertMatch(problems[i]!, line));
  }));

Deno.test("readGuides() names every guide of the repository once", async () => {
  const guides = await readGuides(repository);
  const paths = guides.map(({ path }) => path);
  assertEquals(new Set(paths).size, paths.length);
  for (const folder of ["", "docs/"]) {
    for (const { name } of Deno.readDirSync(join(repository, folder))) {
      if (!name.endsWith(".md")) continue;
      const guide = guides.find(({ path }) => path === folder + name);
      assert(guide?.name && guide.section, `${folder}${name} is not in the navigation`);
    }
  }
  assertEquals(guides[0]!.path, "README.md");
});
