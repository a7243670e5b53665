/**
 * Writes HTML tables whose cells carry bars and shades.
 *
 * @module
 */
import { element, escaped } from "../../visualize/svg.ts";
import { scrollingTable } from "../html.ts";

/** A table with a header above and one beside. */
export interface Table {
  /** A matrix has columns of equal width. */
  kind?: "matrix";
  /** Says what the table shows. */
  caption: string;
  /** The headers of the columns; the first is that of the row headers. */
  head: readonly string[];
  rows: readonly Row[];
}

/** A row: its header, and its cells as HTML, such as those of {@linkcode cell}. */
export interface Row {
  head: string;
  cells: readonly string[];
}

/** The look of a cell. */
export interface CellStyle {
  /** `bar` draws a bar of the length `part`; `right` and `wrong` shade by `part`; `faint` is pale. */
  kind?: "bar" | "right" | "wrong" | "faint" | "text";
  /** From 0 to 1. */
  part?: number;
}

/** A cell. */
export function cell(text: string, { kind, part }: CellStyle = {}): string {
  return element("td", {
    ...(kind !== undefined && { class: kind }),
    ...(part !== undefined && { style: `--part: ${(100 * part).toFixed(1)}%` }),
  }, escaped(text));
}

/** A table with bars and shades. */
export function tableHtml({ kind, caption, head, rows }: Table): string {
  const header = (text: string, scope: "col" | "row") => element("th", { scope }, escaped(text));
  return scrollingTable({
    kind,
    caption,
    head: head.map((text) => header(text, "col")),
    rows: rows.map((row) => [header(row.head, "row"), ...row.cells]),
  });
}

/** `71.2%`; a dash if there is none. */
export function percent(share: number | undefined): string {
  return share === undefined ? "–" : `${(100 * share).toFixed(1)}%`;
}

/** `+1.3` or `-0.2`: a difference of shares in percentage points. */
export function points(difference: number): string {
  const text = (100 * difference).toFixed(1);
  if (Number(text) === 0) return "0.0";
  return difference > 0 ? `+${text}` : text.replace("-", "−");
}
