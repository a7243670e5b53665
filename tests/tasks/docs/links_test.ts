/**
 * Tests of paths in the repository and in the site.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { addressBetween, placeOf, splitLink } from "../../../tasks/docs/links.ts";

Deno.test("placeOf() makes pages of guides and sources, and copies pictures", () => {
  assertEquals(placeOf("README.md"), "index.html");
  assertEquals(placeOf("docs/methods.md"), "docs/methods.html");
  assertEquals(placeOf("docs/attention.svg"), "docs/attention.svg");
  assertEquals(placeOf("lib/jit/jit.ts"), "source/lib/jit/jit.ts.html");
  assertEquals(placeOf("LICENSE"), "source/LICENSE.html");
});

Deno.test("splitLink() finds file and heading", () => {
  assertEquals(splitLink("docs/a.md", "b.md#x"), { path: "docs/b.md", anchor: "x" });
  assertEquals(splitLink("docs/a.md", "../README.md"), { path: "README.md" });
  assertEquals(splitLink("docs/a.md", "#x"), { path: "docs/a.md", anchor: "x" });
  assertEquals(splitLink("a.md", "./docs/b%20c.md"), { path: "docs/b c.md" });
  assertEquals(splitLink("docs/a.md", "../../etc/passwd"), { path: "../etc/passwd" });
});

Deno.test("addressBetween() goes up as far as needed", () => {
  assertEquals(addressBetween("index.html", "docs/a.html"), "docs/a.html");
  assertEquals(addressBetween("docs/a.html", "docs/b.html"), "../docs/b.html");
  assertEquals(addressBetween("source/lib/a.ts.html", "api/~/jit.html"), "../../api/~/jit.html");
});
