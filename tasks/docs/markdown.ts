/**
 * Turns Markdown, as GitHub shows it, into HTML: tables, anchors of headings, and formulas as MathML.
 *
 * @module
 */
import { Marked, Renderer, type Token, type Tokens, walkTokens } from "marked";
import temml from "temml";
import { element, escaped } from "../visualize/svg.ts";

/** A heading of a page. */
export interface Heading {
  readonly id: string;
  readonly text: string;
  /** 1 for the page's title. */
  readonly depth: number;
}

/** What a page asks while it is rendered. */
export interface PageLinks {
  /** The address in the site of a link or an image; undefined if it leads nowhere. */
  address(href: string): string | undefined;
  /** The address of the public name that this code is; undefined if it is none. */
  ofName(code: string): string | undefined;
  /** Is told of a formula that cannot be read. */
  onWrongFormula(problem: string): void;
}

/** The anchor that GitHub gives a heading, where it is the first with this text. */
export function anchorOf(text: string): string {
  return text.toLowerCase().replace(/[^\p{L}\p{M}\p{N}_ -]/gu, "").replaceAll(" ", "-");
}

/** All tokens with their descendants, in order. */
export function tokensIn(tokens: readonly Token[]): Token[] {
  const all: Token[] = [];
  walkTokens([...tokens], (token) => {
    all.push(token);
  });
  return all;
}

function childrenOf(token: Token): readonly Token[] {
  return ("tokens" in token ? token.tokens : undefined) ?? [];
}

/** The tokens of a Markdown text. */
export function parse(text: string): Token[] {
  return new Marked({ extensions: [formula] }).lexer(text);
}

/** The headings of a text. Where an anchor is taken already, a number follows it. */
export function headingsOf(tokens: readonly Token[]): Heading[] {
  const taken = new Map<string, number>();
  return tokensIn(tokens).flatMap((token) => {
    if (token.type !== "heading") return [];
    const { depth, tokens: inside } = token as Tokens.Heading;
    const text = plainText(inside);
    const anchor = anchorOf(text);
    const before = taken.get(anchor) ?? 0;
    taken.set(anchor, before + 1);
    return [{ id: before === 0 ? anchor : `${anchor}-${before}`, text, depth }];
  });
}

function plainText(tokens: readonly Token[]): string {
  return tokens.map((token) =>
    childrenOf(token).length > 0
      ? plainText(childrenOf(token))
      : String((token as Tokens.Text).text ?? "")
  ).join("");
}

/** A formula in a line: $`x`$, which GitHub shows too. */
const formula = {
  name: "formula",
  level: "inline" as const,
  start: (text: string): number | undefined => {
    const at = text.indexOf("$`");
    return at < 0 ? undefined : at;
  },
  tokenizer: (text: string): Tokens.Generic | undefined => {
    const match = /^\$`([^`]+)`\$/.exec(text);
    return match ? { type: "formula", raw: match[0], text: match[1] } : undefined;
  },
};

/** A formula as MathML; empty if it is wrong. */
function formulaHtml(
  text: string,
  displayMode: boolean,
  onWrong: PageLinks["onWrongFormula"],
): string {
  try {
    return temml.renderToString(text, { displayMode, throwOnError: true });
  } catch (error) {
    onWrong(`the formula ${text.trim()} cannot be read: ${error}`.split("\n")[0]!);
    return "";
  }
}

/** The HTML of a page's tokens. */
export function render(tokens: readonly Token[], links: PageLinks): string {
  const headings = headingsOf(tokens);
  let [heading, linkDepth, table] = [0, 0, 0];
  const mathMl = (text: string, displayMode: boolean) =>
    formulaHtml(text, displayMode, links.onWrongFormula);
  const marked = new Marked({
    extensions: [{ ...formula, renderer: ({ text }: Tokens.Generic) => mathMl(text, false) }],
    renderer: {
      heading({ tokens, depth }) {
        const { id } = headings[heading++] as Heading;
        linkDepth++; // no link in a heading
        const inside = this.parser.parseInline(tokens);
        linkDepth--;
        return element(`h${depth}`, { id }, inside) + "\n";
      },
      link({ href, tokens }) {
        linkDepth++;
        const inside = this.parser.parseInline(tokens);
        linkDepth--;
        const address = links.address(href);
        return address === undefined ? inside : element("a", { href: address }, inside);
      },
      image({ href, text }) {
        return element("img", { src: links.address(href) ?? "", alt: text.replaceAll("\n", " ") });
      },
      codespan({ text }) {
        // A short one, such as an option, does not break at its hyphens.
        const attributes = text.length > 24 ? {} : { class: "whole" };
        const code = element("code", attributes, escaped(text));
        const address = linkDepth > 0 ? undefined : links.ofName(text);
        return address === undefined ? code : element("a", { href: address }, code);
      },
      code({ text, lang = "" }) {
        if (lang === "math") {
          return element("p", { class: "formula", tabindex: 0 }, mathMl(text, true));
        }
        return element("pre", { tabindex: 0 }, element("code", {}, escaped(text))) + "\n";
      },
      table(token) {
        return scrolling(`Table ${++table}`, Renderer.prototype.table.call(this, token));
      },
    },
  });
  return marked.parser([...tokens]);
}

/** A table that scrolls where it is too wide. An empty cell of its head names no column. */
function scrolling(label: string, html: string): string {
  const attributes = { class: "scroll", tabindex: 0, role: "region", "aria-label": label };
  return element("div", attributes, html.replace(/<th><\/th>/g, "<td></td>"));
}
