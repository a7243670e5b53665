/**
 * The page as HTML. Its program, styles, parameters and images are files beside it.
 *
 * @module
 */
import { element, escaped } from "../visualize/svg.ts";
import { heatColors } from "../visualize/heat.ts";
import { headHtml, island } from "../report/html.ts";
import type { Settings } from "./settings.ts";

/** The program's file. */
export const programFile = "demo.js";
/** The file of the styles. */
export const stylesFile = "demo.css";

/** Only the page's own files are loaded, and only from where it lies. */
export const policy: string = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
].join("; ");

/** Makes the page. */
export function pageHtml(settings: Settings): string {
  const { title, parameters, size } = settings;
  const facts = `${title}: ${parameters.toLocaleString("en")} parameters, images of ` +
    `${size} × ${size} pixels. What you choose stays in this browser.`;
  return `<!DOCTYPE html>
<html lang="en">
${headHtml("Where a network looks", policy, `<link rel="stylesheet" href="${stylesFile}">`)}
<body>
<header>
<h1>Where a network looks</h1>
<p>${escaped(facts)}</p>
<p id="backend" class="faint"></p>
</header>
<main>
<div id="drop">
<label for="file">Drop an image on this page, paste one, or choose a file:</label>
<input id="file" type="file" accept="image/*">
<div id="samples" role="group" aria-label="Test images" hidden></div>
</div>
<p id="status" role="status">Loading the network ...</p>
<noscript><p class="warning">This page computes with JavaScript; allow it.</p></noscript>
<section id="results" aria-labelledby="classes-heading" hidden>
<h2 id="classes-heading">Classes</h2>
<table>
<caption id="caption"></caption>
<thead><tr><th scope="col">Class</th><th scope="col" class="number">Probability</th><td></td></tr></thead>
<tbody id="classes"></tbody>
</table>
<p id="time"></p>
<h2>Attention maps</h2>
<p class="faint">The attention map of a group is the sum over channels of |x|² at its end. Each map
has its own scale:</p>
<p class="legend faint">${legend()} dark: the map's least value; bright: its greatest</p>
<div id="pictures"></div>
</section>
</main>
<script type="application/json" id="settings">${island(settings)}</script>
<script src="${programFile}" defer></script>
</body>
</html>
`;
}

function legend(): string {
  const swatches = heatColors.map((fill, i) =>
    element("rect", { x: 14 * i, y: 0, width: 14, height: 14, fill })
  );
  const width = 14 * heatColors.length;
  return element("svg", { width, height: 14, "aria-hidden": "true" }, ...swatches);
}
