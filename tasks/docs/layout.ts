/**
 * The frame of each page: its head, the navigation, and the page itself.
 *
 * @module
 */
import { element, escaped } from "../visualize/svg.ts";
import type { Guide } from "./guides.ts";
import { addressBetween, placeOf } from "./links.ts";
import type { Heading } from "./markdown.ts";

/** By this a folder is known to be a site of ours. */
export const generator = "deno task docs of attention transfer";

const siteName = "Attention transfer for Deno";

/** A page: its guide, its HTML, and what the navigation shows. */
export interface Page {
  readonly guide: Guide;
  /** All guides; those with a name are in the navigation. */
  readonly guides: readonly Guide[];
  readonly headings: readonly Heading[];
  readonly content: string;
  readonly title: string;
}

/** A whole page. */
export function pageHtml({ guide, guides, headings, content, title }: Page): string {
  const here = placeOf(guide.path);
  const to = (place: string) => addressBetween(here, place);
  const head = element(
    "head",
    {},
    `<meta charset="utf-8">`,
    `<meta name="viewport" content="width=device-width, initial-scale=1">`,
    `<meta name="color-scheme" content="light dark">`,
    `<meta name="generator" content="${generator}">`,
    element("title", {}, escaped(title === siteName ? title : `${title} - ${siteName}`)),
    `<link rel="icon" href="data:,">`,
    `<link rel="stylesheet" href="${to("style.css")}">`,
  );
  const header = element(
    "header",
    {},
    element("a", { class: "skip", href: "#page" }, "To the page"),
    element("a", { href: to("index.html") }, siteName),
    element("a", { class: "contents", href: "#contents" }, "Contents"),
  );
  const main = element("main", { id: "page", tabindex: -1 }, content);
  const body = element("body", {}, header, main, navigation(guide, guides, headings, to));
  return `<!DOCTYPE html>\n${element("html", { lang: "en" }, head, "\n", body)}\n`;
}

/** The navigation: after the page on a small screen, beside it on a large one. */
function navigation(
  guide: Guide,
  guides: readonly Guide[],
  headings: readonly Heading[],
  to: (place: string) => string,
): string {
  const parts = headings.filter(({ depth }) => depth === 2);
  const inside = parts.length < 2 ? "" : list(parts.map(({ id, text }) => link(`#${id}`, text)));
  const item = ({ path, name = "" }: Guide) => {
    const current = path === guide.path;
    return link(to(placeOf(path)), name, current) + (current ? inside : "");
  };
  const sections = [...new Set(guides.flatMap(({ section }) => section ?? []))];
  return element(
    "nav",
    { id: "contents", "aria-label": "Contents" },
    ...sections.map((section) =>
      element("h2", {}, escaped(section)) +
      list(guides.filter((other) => other.section === section).map(item))
    ),
    element("h2", {}, "Reference"),
    list([
      link(to("api/index.html"), "API by part"),
      link(to("api/all_symbols.html"), "All names"),
    ]),
  );
}

function link(href: string, text: string, current = false): string {
  return element("a", { href, ...(current && { "aria-current": "page" }) }, escaped(text));
}

function list(items: readonly string[]): string {
  return element("ul", {}, ...items.map((item) => element("li", {}, item)));
}
