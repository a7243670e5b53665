/**
 * The pages of the site, and what is wrong with them.
 *
 * @module
 */
import { join } from "@std/path";
import { existsSync } from "../../lib/files.ts";
import { element, escaped } from "../visualize/svg.ts";
import type { Reference } from "./api.ts";
import { type Guide, libraryGuide, titleOf } from "./guides.ts";
import { pageHtml } from "./layout.ts";
import { addressBetween, placeOf, splitLink } from "./links.ts";
import { type Heading, headingsOf, parse, render } from "./markdown.ts";
import { nameProblems } from "./names.ts";
import { style } from "./style.ts";

/** A built site. */
export interface Site {
  /** The files by their path in the site. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** One line for each broken link, wrong formula, and name that is missing or unknown. */
  readonly problems: readonly string[];
}

/**
 * Builds all pages but those of the API reference.
 *
 * @param root The folder of the repository, whose files may be linked.
 */
export function buildSite(
  root: string,
  guides: readonly Guide[],
  { names, sources }: Reference,
): Site {
  const files = new Map<string, Uint8Array>();
  const problems: string[] = [];
  const encode = (text: string) => new TextEncoder().encode(text);
  files.set("style.css", encode(style));
  const parsed = new Map(guides.map((guide) => {
    const tokens = parse(guide.text);
    return [guide.path, { tokens, headings: headingsOf(tokens) }];
  }));
  const addFile = (path: string) => {
    const place = placeOf(path);
    if (files.has(place)) return;
    const bytes = Deno.readFileSync(join(root, path));
    files.set(place, place === path ? bytes : encode(sourceHtml(path, bytes, guides)));
  };
  for (const guide of guides) {
    const { tokens, headings } = parsed.get(guide.path)!;
    const complain = (about: string, why: string) =>
      problems.push(`${guide.path}:${lineOf(guide.text, about)}: ${why}`);
    const content = render(tokens, {
      address(href) {
        if (/^[a-z]+:/.test(href)) return href;
        const link = splitLink(guide.path, href);
        const { path, anchor } = link;
        const target = parsed.get(path);
        const why = whyBroken(root, link, target?.headings);
        if (why !== undefined) {
          complain(href, `the link ${href} leads to ${why}`);
          return undefined;
        }
        if (!target) addFile(path);
        const page = addressBetween(placeOf(guide.path), placeOf(path));
        return anchor === undefined ? page : `${page}#${anchor}`;
      },
      ofName: (code) => addressOfName(code, guide, names),
      onWrongFormula: (problem) => complain("$", problem),
    });
    const html = pageHtml({ guide, guides, headings, content, title: titleOf(guide) });
    files.set(placeOf(guide.path), encode(html));
  }
  for (const source of sources) addFile(source);
  const library = guides.find(({ path }) => path === libraryGuide);
  problems.push(...nameProblems(library?.text ?? "", [...names.keys()]));
  return { files, problems };
}

/**
 * Where a link leads to, if that is no page or no heading.
 *
 * @param headings Those of the guide that it leads to, if it leads to a guide.
 */
function whyBroken(
  root: string,
  { path, anchor }: ReturnType<typeof splitLink>,
  headings: readonly Heading[] | undefined,
): string | undefined {
  const what = headings ? "file" : whatIsAt(root, path);
  if (what !== "file") return `${path}, which is ${what}`;
  if (anchor === undefined || headings?.some(({ id }) => id === anchor)) return undefined;
  return `no heading of ${path}`;
}

/** The address in the API reference of a name in a guide's text. */
function addressOfName(
  code: string,
  { path }: Guide,
  names: Reference["names"],
): string | undefined {
  const name = code.replace(/^at\./, "").replace(/\(\)$/, "");
  // Elsewhere a short word, such as `train` or `dispose()`, may mean something else.
  const isClear = path === libraryGuide || /^at\.|[a-z][A-Z]/.test(code);
  const page = isClear ? names.get(name) : undefined;
  return page === undefined ? undefined : addressBetween(placeOf(path), page);
}

/** A file of the repository as a page. */
function sourceHtml(path: string, bytes: Uint8Array, guides: readonly Guide[]): string {
  const text = new TextDecoder().decode(bytes);
  const guide: Guide = { path, text };
  const content = element("h1", {}, escaped(path)) +
    element("pre", { tabindex: 0 }, element("code", {}, escaped(text)));
  return pageHtml({ guide, guides, headings: [], content, title: path });
}

/** What a path of the repository leads to; the site has pages only for files. */
function whatIsAt(root: string, path: string): "file" | "a folder" | "not there" {
  const place = join(root, path);
  if (path.startsWith("../") || !existsSync(place)) return "not there";
  return Deno.statSync(place).isFile ? "file" : "a folder";
}

/** The line, from 1, on which a text has something for the first time. */
function lineOf(text: string, part: string): number {
  return text.slice(0, Math.max(0, text.indexOf(part))).split("\n").length;
}
