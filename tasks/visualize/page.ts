/**
 * Puts drawings on a page: HTML, or one SVG.
 *
 * @module
 */
import { wrap } from "../cli/help.ts";
import { type Drawing, figureHtml } from "./figure.ts";
import { heatColors } from "./heat.ts";
import { element, escaped, line } from "./svg.ts";

/** The contents of a page. */
export interface Page {
  title: string;
  /** Explanatory lines. */
  notes: readonly string[];
  drawings: readonly Drawing[];
  /** Summary lines. */
  results: readonly string[];
}

const styles = `
.paper { fill: #ffffff; }
text { font: 13px system-ui, "Helvetica Neue", Arial, "DejaVu Sans", sans-serif; }
.ink, .title { fill: #1f2937; }
.title { font-weight: 600; }
.faint { fill: #5b6472; }
.under { fill: none; stroke: #000000; stroke-width: 4; stroke-opacity: 0.6; }
.given { fill: none; stroke: #ffffff; stroke-width: 2; stroke-dasharray: 5 3; }
.found { fill: none; stroke: #22d3ee; stroke-width: 2; }
.before { fill: #94a3b8; fill-opacity: 0.6; }
.after { fill: none; stroke: #2563eb; stroke-width: 1.5; }
.axis { fill: none; stroke: #5b6472; }
@media (prefers-color-scheme: dark) {
  .paper { fill: #111827; }
  .ink, .title { fill: #e5e7eb; }
  .faint { fill: #9ca3af; }
  .after { stroke: #60a5fa; }
  .axis { stroke: #9ca3af; }
}`;

const pageStyles = `
:root { color-scheme: light dark; }
body { margin: 2rem auto; max-width: 72rem; padding: 0 1rem; line-height: 1.5;
  font-family: system-ui, "Helvetica Neue", Arial, sans-serif;
  color: light-dark(#1f2937, #e5e7eb); background: light-dark(#ffffff, #111827); }
h1 { font-size: 1.5rem; }
figure { margin: 2rem 0; overflow-x: auto; }
figcaption { font-size: 0.9rem; color: light-dark(#5b6472, #9ca3af); }`;

const svgNamespace = "http://www.w3.org/2000/svg";
const legendNote = "dark: the map's least value; bright: its greatest";

/** The page as one self-contained HTML file. */
export function toHtml({ title, notes, drawings, results }: Page): string {
  const legend = element("svg", { width: legendWidth, height: legendHeight }, drawLegend());
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8"/>
<meta name="viewport" content="width=device-width, initial-scale=1"/>
<title>${escaped(title)}</title>
<style>${pageStyles}${styles}</style>
</head>
<body>
<main>
<h1>${escaped(title)}</h1>
${notes.map((note) => element("p", {}, escaped(note))).join("\n")}
${legend}
${drawings.map((drawing) => figureHtml(drawing)).join("\n")}
${results.map((result) => element("p", {}, escaped(result))).join("\n")}
</main>
</body>
</html>
`;
}

const margin = 24;
const lineHeight = 20;
const leastWidth = 860;
/** Approximate width of a letter. */
const letter = 6.6;

/** The page as one SVG, with the drawings below each other. */
export function toSvg({ title, notes, drawings, results }: Page): string {
  const inner = Math.max(leastWidth, ...drawings.map(({ width }) => width));
  const columns = Math.floor(inner / letter);
  const parts: string[] = [];
  let y = margin;
  const write = (text: string, kind: "ink" | "faint" | "title") => {
    for (const words of wrap(text.split(" "), columns)) {
      y += lineHeight;
      parts.push(line(words, margin, y, kind));
    }
  };
  write(title, "title");
  notes.forEach((note) => write(note, "ink"));
  const put = (content: string, height: number) => {
    y += lineHeight;
    parts.push(element("g", { transform: `translate(${margin} ${y})` }, content));
    y += height;
  };
  put(drawLegend(), legendHeight);
  for (const { content, height, caption } of drawings) {
    put(content, height);
    write(caption, "faint");
    y += lineHeight;
  }
  results.forEach((result) => write(result, "ink"));
  const [width, height] = [Math.ceil(inner + 2 * margin), Math.ceil(y + margin)];
  return element(
    "svg",
    { xmlns: svgNamespace, width, height, viewBox: `0 0 ${width} ${height}` },
    `${element("title", {}, escaped(title))}\n<style>${styles}</style>\n`,
    element("rect", { width, height, class: "paper" }),
    parts.join("\n"),
  ) + "\n";
}

const legendWidth = 480;
const legendHeight = 20;
const swatch = 14;

function drawLegend(): string {
  const swatches = heatColors.map((fill, i) =>
    element("rect", { x: i * swatch, y: 2, width: swatch, height: swatch, fill })
  );
  return [...swatches, line(legendNote, heatColors.length * swatch + 10, 14, "faint")].join("");
}
