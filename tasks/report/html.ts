/**
 * Parts of pages as HTML: tables and lists. All text is escaped here.
 *
 * @module
 */
import { element, escaped } from "../visualize/svg.ts";

/** A cell of a table. */
export interface Cell {
  readonly text: string;
  /**
   * `number` aligns to the right, `text` to the left; `bar` draws a bar of the length `part`; `right` and
   * `wrong` shade by `part`; `faint` is pale.
   */
  readonly kind?: "number" | "text" | "bar" | "right" | "wrong" | "faint";
  /** From 0 to 1. */
  readonly part?: number;
}

/** A table: the first cell of each row names the row. */
export interface Table {
  /** A matrix has columns of equal width. */
  readonly kind?: "matrix";
  /** What the table shows; also its name for a screen reader. */
  readonly caption: string;
  readonly head: readonly Cell[];
  readonly rows: readonly (readonly Cell[])[];
}

/** A cell of text. */
export function words(text: string): Cell {
  return { text };
}

/** A cell with a number. */
export function figure(text: string): Cell {
  return { text, kind: "number" };
}

/** A table that scrolls sideways where it does not fit, also with the keyboard. */
export function tableHtml({ kind, caption, head, rows }: Table): string {
  const headings = head.map((one) => cellHtml("th", one, { scope: "col" }));
  const body = rows.map(([first = words(""), ...others]) =>
    element(
      "tr",
      {},
      cellHtml("th", first, { scope: "row" }),
      ...others.map((one) => cellHtml("td", one)),
    )
  );
  return element(
    "div",
    { class: "scroll", tabindex: 0, role: "region", "aria-label": caption },
    element(
      "table",
      kind === undefined ? {} : { class: kind },
      element("caption", {}, escaped(caption)),
      element("thead", {}, element("tr", {}, ...headings)),
      element("tbody", {}, ...body),
    ),
  );
}

function cellHtml(
  name: "th" | "td",
  { text, kind, part }: Cell,
  scope: { scope?: "col" | "row" } = {},
): string {
  return element(name, {
    ...scope,
    ...(kind !== undefined && { class: kind }),
    ...(part !== undefined && { style: `--part: ${(100 * part).toFixed(1)}%` }),
  }, escaped(text));
}

/** A paragraph. */
export function paragraph(text: string, kind = ""): string {
  return element("p", kind === "" ? {} : { class: kind }, escaped(text));
}

/** A part that can be unfolded; `content` is HTML. */
export function detailsHtml(summary: string, content: string, isOpen = false): string {
  const attributes = isOpen ? { open: "" } : {};
  return element("details", attributes, element("summary", {}, escaped(summary)), content);
}

/** A list; empty for no items. */
export function listHtml(items: readonly string[]): string {
  if (items.length === 0) return "";
  return element("ul", {}, ...items.map((item) => element("li", {}, escaped(item))));
}

/**
 * The head of a page.
 *
 * @param policy Its Content-Security-Policy.
 * @param styles An element that brings its styles.
 */
export function headHtml(title: string, policy: string, styles: string): string {
  return `<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${escaped(policy)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>${escaped(title)}</title>
${styles}
</head>`;
}

/** JSON in a page: no text in it can end the element that it is in. */
export function island(value: unknown): string {
  return JSON.stringify(value).replaceAll("<", "\\u003c");
}
