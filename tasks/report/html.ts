/**
 * Parts of the page as HTML: tables and lists. All text is escaped here.
 *
 * @module
 */
import { element, escaped } from "../visualize/svg.ts";

/** A cell of a table. */
export interface Cell {
  readonly text: string;
  /** True for a number, which is aligned to the right. */
  readonly isNumber?: boolean;
}

/** A table: the first cell of each row names the row. */
export interface Table {
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
  return { text, isNumber: true };
}

/** A table. */
export function tableHtml({ caption, head, rows }: Table): string {
  const cell = (name: string, attributes: Record<string, string>, { text, isNumber }: Cell) =>
    element(name, { ...attributes, ...(isNumber ? { class: "number" } : {}) }, escaped(text));
  return scrollingTable({
    caption,
    head: head.map((one) => cell("th", { scope: "col" }, one)),
    rows: rows.map(([first = words(""), ...others]) => [
      cell("th", { scope: "row" }, first),
      ...others.map((one) => cell("td", {}, one)),
    ]),
  });
}

/** A table that scrolls sideways where it does not fit, also with the keyboard; cells are HTML. */
export function scrollingTable({ kind, caption, head, rows }: {
  readonly kind?: string | undefined;
  readonly caption: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}): string {
  return element(
    "div",
    { class: "scroll", tabindex: 0, role: "region", "aria-label": caption },
    element(
      "table",
      kind === undefined ? {} : { class: kind },
      element("caption", {}, escaped(caption)),
      element("thead", {}, element("tr", {}, ...head)),
      element("tbody", {}, ...rows.map((cells) => element("tr", {}, ...cells))),
    ),
  );
}

/** A paragraph. */
export function paragraph(text: string, kind = ""): string {
  return element("p", kind === "" ? {} : { class: kind }, escaped(text));
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
