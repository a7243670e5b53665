/**
 * The look of the guides' pages in a real browser: contrast, names and focus in light and dark, and
 * narrow screens.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { dirname, fromFileUrl, join, toFileUrl } from "@std/path";
import { readGuides } from "../../../tasks/docs/guides.ts";
import { buildSite } from "../../../tasks/docs/site.ts";
import { browserTest, checkLooks, open } from "../../browser.ts";

const root = fromFileUrl(new URL("../../../", import.meta.url));

browserTest(
  "the guides can be read in light and dark, and on a narrow screen",
  async (browser, folder) => {
    const reference = { names: new Map<string, string>(), sources: new Set(["lib/json.ts"]) };
    const { files } = buildSite(root, await readGuides(root), reference);
    for (const [path, content] of files) {
      await Deno.mkdir(dirname(join(folder, path)), { recursive: true });
      await Deno.writeFile(join(folder, path), content);
    }
    const pages = [
      "index",
      "docs/attention-transfer",
      "docs/library",
      "docs/pytorch",
      "docs/methods",
    ];
    for (const name of [...pages, "source/lib/json.ts"]) {
      const faults: string[] = [];
      // Narrow, where tables and formulas scroll, and must then be reached by keyboard.
      const page = await open(browser, toFileUrl(join(folder, `${name}.html`)).href, faults, 360);
      assertEquals(faults, [], name); // before axe, which may not read the style sheet again
      await checkLooks(page);
      await page.close();
    }
  },
);
