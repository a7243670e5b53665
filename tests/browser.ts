/**
 * A real browser for tests, where one is installed.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import axe from "axe-core/axe.min.js" with { type: "text" };
import puppeteer, { type Browser, type Page } from "puppeteer-core";
import { existsSync } from "../lib/files.ts";
import { inFolder } from "./folders.ts";
import { long } from "./long.ts";

const places = ["chromium", "chromium-browser", "google-chrome"].map((name) => `/usr/bin/${name}`);

/** The browser's program; undefined if none is installed. */
export const browserPath: string | undefined = places.find(existsSync);

/** Starts the browser, without a window, with further flags. */
export async function startBrowser(flags: readonly string[]): Promise<Browser> {
  return await puppeteer.launch({
    executablePath: browserPath as string,
    protocolTimeout: 1_800_000, // a page may compute for minutes; waitFor() has its own limit
    // In a container, the browser's own sandbox needs rights that tests do not have.
    args: ["--no-sandbox", ...flags],
  });
}

/** A test with a browser, which says in its name if there is none. */
export function browserTest(
  name: string,
  test: (browser: Browser, folder: string) => Promise<void>,
  flags: readonly string[] = [],
): void {
  if (browserPath === undefined) {
    Deno.test.ignore(`${name} (skipped: no chromium is installed)`, () => {});
    return;
  }
  long.test(name, () =>
    inFolder(async (folder) => {
      const browser = await startBrowser(flags);
      try {
        await test(browser, folder);
      } finally {
        await browser.close();
      }
    }));
}

/** Opens a page; what goes wrong on it is added to `faults`. */
export async function open(
  browser: Browser,
  url: string,
  faults: string[],
  width = 1280,
): Promise<Page> {
  const page = await browser.newPage();
  page.on("pageerror", (error) => faults.push(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error") faults.push(message.text());
  });
  await page.setViewport({ width, height: 900 });
  await page.goto(url);
  return page;
}

/** Waits until an expression is true on the page. */
export async function waitFor(page: Page, expression: string, seconds = 90): Promise<void> {
  await page.waitForFunction(expression, { timeout: seconds * 1000, polling: 100 });
}

/** The faults that axe finds serious or worse. */
async function seriousFaults(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  const { violations } = await page.evaluate("axe.run()") as {
    violations: { id: string; impact: string; nodes: { html: string }[] }[];
  };
  return violations.filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`);
}

/** How many pixels of the page are out of sight sideways. */
const overflow = "document.documentElement.scrollWidth - innerWidth";

/** Fails if axe finds a fault in light or dark, or the page scrolls sideways on a narrow screen. */
export async function checkLooks(page: Page): Promise<void> {
  for (const scheme of ["light", "dark"]) {
    await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
    assertEquals(await seriousFaults(page), [], scheme);
  }
  for (const width of [360, 1280]) {
    await page.setViewport({ width, height: 700 });
    assertEquals(await page.evaluate(overflow), 0, `${width} pixels`);
  }
}
