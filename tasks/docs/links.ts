/**
 * Paths of the repository and of the site.
 *
 * @module
 */
import { posix } from "node:path";

/** Files that the site has as they are; others become pages. */
const copied = /\.(svg|png|jpe?g|json)$/;

/** Where the site has a file of the repository. */
export function placeOf(path: string): string {
  if (path === "README.md") return "index.html";
  if (path.endsWith(".md")) return path.replace(/\.md$/, ".html");
  return copied.test(path) ? path : `source/${path}.html`;
}

/**
 * The file that a link in a Markdown file leads to, and the heading in it. A path that leaves the
 * repository starts with `../`.
 */
export function splitLink(from: string, href: string): { path: string; anchor?: string } {
  const [before = "", anchor] = href.split("#");
  const path = before === ""
    ? from
    : posix.join(posix.dirname(from), decodeURIComponent(before)).replace(/\/$/, "");
  return { path, ...(anchor !== undefined && { anchor }) };
}

/** The address of a page as another page links it. */
export function addressBetween(from: string, to: string): string {
  const up = "../".repeat(from.split("/").length - 1);
  return up + to.split("/").map(encodeURIComponent).join("/");
}
