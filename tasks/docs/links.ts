/**
 * Paths of the repository and of the site.
 *
 * @module
 */

/** Files that the site has as they are; others become pages. */
const copied = /\.(svg|png|jpe?g|json)$/;

/** Where the site has a file of the repository. */
export function placeOf(path: string): string {
  if (path === "README.md") return "index.html";
  if (path.endsWith(".md")) return path.replace(/\.md$/, ".html");
  return copied.test(path) ? path : `source/${path}.html`;
}

/** The file that a link in a Markdown file leads to, and the heading in it. */
export function splitLink(from: string, href: string): { path: string; anchor?: string } {
  const [before = "", anchor] = href.split("#");
  const target = before === "" ? from : resolved(from, decodeURIComponent(before));
  return { path: target, ...(anchor !== undefined && { anchor }) };
}

/** A path beside `from`; one that leaves the repository starts with `../`. */
function resolved(from: string, href: string): string {
  const parts = from.split("/").slice(0, -1);
  for (const part of href.split("/")) {
    if (part === ".." && parts.length > 0 && parts.at(-1) !== "..") parts.pop();
    else if (part !== "." && part !== "") parts.push(part);
  }
  return parts.join("/");
}

/** The address of a page as another page links it. */
export function addressBetween(from: string, to: string): string {
  const up = "../".repeat(from.split("/").length - 1);
  return up + to.split("/").map(encodeURIComponent).join("/");
}
