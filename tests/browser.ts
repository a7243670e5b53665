/**
 * A real browser for tests, where one is installed.
 *
 * @module
 */
import puppeteer, { type Browser } from "puppeteer-core";
import { existsSync } from "../lib/files.ts";

const places = ["chromium", "chromium-browser", "google-chrome"].map((name) => `/usr/bin/${name}`);

/** The browser's program; undefined if none is installed. */
export const browserPath: string | undefined = places.find(existsSync);

/** Starts the browser, without a window. */
export async function startBrowser(): Promise<Browser> {
  return await puppeteer.launch({
    executablePath: browserPath as string,
    // In a container, the browser's own sandbox needs rights that tests do not have.
    args: ["--no-sandbox"],
  });
}
