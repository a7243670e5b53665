/**
 * The page as one HTML file that needs nothing else.
 *
 * @module
 */
import echarts from "echarts/dist/echarts.min.js" with { type: "text" };
import { element, escaped } from "../visualize/svg.ts";
import type { Section } from "./evaluation/sections.ts";
import { evaluationStyles } from "./evaluation/styles.ts";
import { headHtml, island } from "./html.ts";
import styles from "./page.css" with { type: "text" };
import { program } from "./program.ts";
import type { HtmlParts, PageData } from "./report.ts";

/** What a page is made from. */
export interface PageSettings {
  /** What it shows. A page without data asks a server for it, and follows. */
  readonly data?: PageData;
  /** Sections after the charts. */
  readonly sections?: readonly Section[];
}

/** A page, and what its browser may do. */
export interface Page {
  readonly html: string;
  /** The Content-Security-Policy: only this page's own two scripts run, and nothing is fetched. */
  readonly policy: string;
}

/** Makes the page. */
export async function makePage({ data, sections = [] }: PageSettings): Promise<Page> {
  const scripts = [inScript(echarts), inScript(program)];
  const hashes = await Promise.all(scripts.map(hashOf));
  const policy = [
    "default-src 'none'",
    `script-src ${hashes.map((hash) => `'sha256-${hash}'`).join(" ")}`,
    "style-src 'unsafe-inline'",
    "img-src data:",
    `connect-src ${data === undefined ? "'self'" : "'none'"}`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
  const parts: readonly Section[] = [
    { id: "accuracy", title: "Accuracy", html: part("results", data) },
    { id: "against-the-baseline", title: "Differences", html: part("differences", data) },
    { id: "what-differs", title: "Options", html: part("options", data) },
    { id: "curves", title: "Curves", html: curves },
    { id: "attention", title: "Attention", html: part("pictures", data) },
    ...sections,
  ];
  const status = data === undefined ? "Waiting for the server." : "";
  const allStyles = `<style>\n${styles}${sections.length > 0 ? evaluationStyles : ""}</style>`;
  const html = `<!DOCTYPE html>
<html lang="en">
${headHtml("Training runs", policy, allStyles)}
<body>
<a class="skip" href="#main">To the content</a>
<header>
<h1>Training runs</h1>
<p id="status" class="faint" role="status">${status}</p>
<nav aria-label="Sections">${navigation(parts)}</nav>
</header>
<main id="main">
${part("notes", data)}
${parts.map(sectionHtml).join("\n")}
</main>
${data === undefined ? "" : dataIsland(data)}
<script>${scripts[0]}</script>
<script>${scripts[1]}</script>
</body>
</html>
`;
  return { html, policy };
}

/** A part of the page that changes as the runs go on. */
function part(id: keyof HtmlParts, data?: PageData): string {
  return element("div", { id }, data?.html[id] ?? "");
}

const curves = `<fieldset id="choices">
<legend>Groups shown</legend>
<div id="groups" class="choices"></div>
</fieldset>
<div class="choices">
<label><input type="checkbox" id="log"> Logarithmic axis for losses and learning rate</label>
<label>From epoch <input type="number" id="first" min="0" value="0"></label>
</div>
<p id="no-charts">There is no epoch to draw yet.</p>
<noscript><p>The charts need JavaScript.</p></noscript>
<div id="charts" class="charts"></div>
<details id="at-one-epoch">
<summary>Numbers at one epoch</summary>
<label for="epoch">Epoch <output id="epoch-number" for="epoch"></output></label>
<input type="range" id="epoch" min="0" max="0" value="0">
<div class="scroll" tabindex="0" role="region" aria-label="The numbers of one epoch">
<table>
<caption>The numbers of this epoch</caption>
<thead id="epoch-head"></thead>
<tbody id="epoch-rows"></tbody>
</table>
</div>
</details>`;

function navigation(sections: readonly Section[]): string {
  const links = sections.map(({ id, title }) =>
    element("li", {}, element("a", { href: `#${id}` }, escaped(title)))
  );
  return element("ul", {}, ...links);
}

function sectionHtml({ id, title, html }: Section): string {
  const heading = `${id}-heading`;
  return element(
    "section",
    { id, "aria-labelledby": heading },
    element("h2", { id: heading }, escaped(title)),
    html,
  );
}

/** The numbers as JSON. The tables are on the page already. */
function dataIsland({ html: _, ...numbers }: PageData): string {
  return `<script type="application/json" id="data">${island(numbers)}</script>`;
}

/** A program in a page. */
function inScript(code: string): string {
  return code.replaceAll(/<(?=\/script|script|!--)/gi, "\\x3c");
}

async function hashOf(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return new Uint8Array(digest).toBase64();
}
