/**
 * Writes SVG and HTML elements.
 *
 * @module
 */

/** Escapes special characters of XML and HTML, and replaces characters that XML forbids. */
export function escaped(text: string): string {
  return text
    // deno-lint-ignore no-control-regex -- these are what is looked for
    .replace(/[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|\p{Surrogate}/gu, "\ufffd")
    .replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}

/** An element. Its children are already SVG or HTML; its attributes are escaped here. */
export function element(
  name: string,
  attributes: Readonly<Record<string, string | number>>,
  ...children: readonly string[]
): string {
  const written = Object.entries(attributes)
    .map(([key, value]) => ` ${key}="${escaped(typeof value === "number" ? short(value) : value)}"`)
    .join("");
  return children.length === 0
    ? `<${name}${written}/>`
    : `<${name}${written}>${children.join("")}</${name}>`;
}

/** A line of text that starts at `x`. */
export function line(text: string, x: number, y: number, kind: "ink" | "faint" | "title"): string {
  return element("text", { x, y, class: kind }, escaped(text));
}

/** Two decimals are enough for pixels. */
function short(value: number): string {
  return String(Number(value.toFixed(2)));
}
