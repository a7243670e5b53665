/**
 * Tests of what is changed in Deno's pages of the API.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { fromFileUrl, join, toFileUrl } from "@std/path";
import { publicNames, withOurLinks } from "../../../tasks/docs/api.ts";

const root = fromFileUrl(new URL("../../../", import.meta.url));

Deno.test("withOurLinks() links guides and sources, and names the package", () => {
  const page = (link: string, from: string) =>
    `<ul class="breadcrumbs"></ul><a href="${link}">Source</a>from &quot;${from}&quot;;`;
  const address = toFileUrl(join(root, "lib/losses/a.ts")).href.replaceAll("/", "&#x2F;");
  const changed = withOurLinks(page(address, "losses"), "api/losses/~/a.html", root);
  const guides = (link: string) =>
    `<ul class="breadcrumbs"><li><a href="${link}" class="contextLink">Guides</a></li>` +
    "<span>/</span></ul>";
  assertEquals(changed, {
    html: guides("../../../index.html") +
      '<a href="../../../source/lib/losses/a.ts.html">Source</a>' +
      "from &quot;@attention-transfer/core/losses&quot;;",
    sources: ["lib/losses/a.ts"],
  });
  const { html } = withOurLinks(page("a.html", "."), "api/~/a.html", root);
  assertEquals(
    html,
    guides("../../index.html") +
      '<a href="a.html">Source</a>from &quot;@attention-transfer/core&quot;;',
  );
});

Deno.test("publicNames() has values and types, with their pages", async () => {
  const names = await publicNames(root);
  assertEquals(names.get("attentionMap"), "api/~/attentionMap.html");
  assertEquals(names.get("Model"), "api/~/Model.html");
  assertEquals(names.get("attention"), undefined);
});
