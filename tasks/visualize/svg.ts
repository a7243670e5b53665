/**
 * Writes SVG and HTML elements.
 *
 * @module
 */

/** Text with what XML and HTML take for their own escaped, and without what XML cannot hold. */
export function escaped(text: string): string {
  return text
    // deno-lint-ignore no-control-regex -- these are what is looked for
    .replace(/[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|\p{Surrogate}/gu, "\ufffd")
    .replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}

/** An element; its children are SVG or HTML already, its attributes are escaped here. */
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

/** A line of text; `anchor` is the x of its start. */
export function line(text: string, x: number, y: number, kind: "ink" | "faint" | "title"): string {
  return element("text", { x, y, class: kind }, escaped(text));
}

/** Two digits after the point are enough for pixels. */
function short(value: number): string {
  return String(Number(value.toFixed(2)));
}
