/**
 * Tests of `deno task docs` as a user runs it.
 *
 * @module
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { dirname, join } from "@std/path";
import { existsSync } from "../../lib/files.ts";
import { generator } from "../../tasks/docs/layout.ts";
import { inFolder, namesIn } from "../folders.ts";
import { long } from "../long.ts";
import { taskRunner } from "./command.ts";

const { refuse, succeed } = taskRunner("docs");

Deno.test("deno task docs leaves a folder alone that holds something else", () =>
  inFolder(async (cwd) => {
    await Deno.mkdir(join(cwd, "site"));
    await Deno.writeTextFile(join(cwd, "site/index.html"), "mine");
    await refuse(cwd, 1, /Cannot write the site to site: it exists and holds no site of ours/);
    assertEquals(await Deno.readTextFile(join(cwd, "site/index.html")), "mine");
    assertEquals(namesIn(cwd), ["site"]);
  }));

/** All pages in a folder, as paths. */
function pagesIn(folder: string): string[] {
  return [...Deno.readDirSync(folder)].flatMap(({ name, isDirectory }) => {
    const path = join(folder, name);
    return isDirectory ? pagesIn(path) : name.endsWith(".html") ? [path] : [];
  });
}

/** The addresses in attributes of a page. */
function addressesIn(page: string, attribute: "href" | "src"): string[] {
  return [...page.matchAll(new RegExp(` ${attribute}="([^"]*)"`, "g"))]
    .map(([, address]) => (address as string).replaceAll("&#x2F;", "/").replaceAll("&amp;", "&"));
}

long.test("deno task docs builds a site over an earlier one, and all its links lead somewhere", () =>
  inFolder(async (cwd) => {
    const site = join(cwd, "a/site");
    await Deno.mkdir(site, { recursive: true });
    for (const name of ["index.html", "old.html"]) {
      await Deno.writeTextFile(join(site, name), generator);
    }
    const { out } = await succeed(cwd, "--out", "a/site");
    assertMatch(out, /^\d+ pages and files, and the API reference: a\/site\/index.html\n$/);
    assertEquals(namesIn(join(cwd, "a")), ["site"]);
    assertEquals(namesIn(site).includes("old.html"), false);
    const pages = pagesIn(site);
    const guides = pages.filter((path) => !path.startsWith(join(site, "api")));
    assert(guides.length > 15 && pages.length > 400, `${guides.length} of ${pages.length} pages`);
    const broken: string[] = [];
    for (const path of pages) {
      const page = await Deno.readTextFile(path);
      const [links, sources] = [addressesIn(page, "href"), addressesIn(page, "src")];
      const styles = [...page.matchAll(/<link [^>]*href="([^"]*)"/g)].map(([, href]) => href!);
      // Nothing is requested from outside.
      const requests = [...sources, ...styles].filter((address) => /^(https?:)?\/\//.test(address));
      assertEquals(requests, [], path);
      for (const address of [...links, ...sources]) {
        if (/^(https?|data|mailto):/.test(address)) continue;
        const [before = "", anchor] = address.split(/[?#]/);
        const target = before === "" ? path : join(dirname(path), decodeURIComponent(before));
        const file = target.endsWith("/") || before.endsWith("/")
          ? join(target, "index.html")
          : target;
        if (!existsSync(file)) broken.push(`${path}: ${address}`);
        else if (anchor !== undefined && guides.includes(path) && guides.includes(file)) {
          const text = file === path ? page : await Deno.readTextFile(file);
          if (!text.includes(` id="${anchor}"`)) broken.push(`${path}: ${address}`);
        }
      }
    }
    assertEquals(broken, []);
  }));
