/**
 * Tests of the page's HTML.
 *
 * @module
 */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { NORMALIZATION } from "../../../lib/data/normalize.ts";
import { pageHtml } from "../../../tasks/demo/html.ts";
import type { Settings } from "../../../tasks/demo/settings.ts";

const markup = "</script><img src=x>";
const settings: Settings = {
  title: `${markup} (WRN-10-1)`,
  parameters: 1_234_567,
  sgeNormalizes: true,
  size: 32,
  resize: 32,
  normalization: NORMALIZATION.paper,
  classes: [markup, "cat"],
  samples: [{ file: "image-0.png", name: markup }],
};

Deno.test("pageHtml() shows names as text, and gives the settings to the program", () => {
  const html = pageHtml(settings);
  assertEquals(html.includes("<img"), false);
  assertStringIncludes(html, "&lt;img src=x&gt; (WRN-10-1): 1,234,567 parameters");
  const [, json] = html.match(/<script type="application\/json" id="settings">(.*)<\/script>/)!;
  assertEquals(JSON.parse(json!), settings);
});

Deno.test("pageHtml() names only files beside the page", () => {
  const addresses = [...pageHtml(settings).matchAll(/\b(?:src|href)="([^"]*)"/g)];
  assertEquals(addresses.map(([, address]) => address), ["data:,", "demo.css", "demo.js"]);
});
