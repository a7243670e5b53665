/**
 * The page's own program: shows the data that the page holds, or follows a server. It runs in the
 * browser; page.ts joins its modules into one script.
 *
 * @module
 */
// @ts-check
/// <reference lib="dom" />
import { redraw, showCharts } from "./charts.js";
import { byId } from "./elements.js";
import { showEpoch, showEpochs } from "./epoch_table.js";
import { showGroups } from "./groups.js";
import { runs, take } from "./state.js";
/** @import { PageData } from "./state.js" */

/**
 * Shows all data, or what is new of it.
 *
 * @param {PageData} data
 */
function show(data) {
  take(data);
  showGroups(() => {
    redraw();
    showEpoch();
  });
  for (const [id, html] of Object.entries(data.html ?? {})) showHtml(byId(id), html);
  showCharts();
  showEpochs();
}

/** @type {Map<HTMLElement, string>} */
const written = new Map();

/**
 * Replaces a part that the server has written, in which all text is escaped.
 *
 * @param {HTMLElement} part
 * @param {string} html
 */
function showHtml(part, html) {
  if (written.get(part) === html) return;
  written.set(part, html);
  const before = [...part.querySelectorAll(".scroll")];
  const places = before.map(({ scrollLeft }) => scrollLeft);
  const focused = before.indexOf(/** @type {Element} */ (document.activeElement));
  part.innerHTML = html;
  const after = [...part.querySelectorAll(".scroll")];
  after.forEach((box, i) => box.scrollLeft = places[i] ?? 0);
  if (focused >= 0) /** @type {HTMLElement | undefined} */ (after[focused])?.focus();
}

/** Follows the server. The first event has all data, the others what is new. */
function follow() {
  const status = byId("status");
  const events = new EventSource("events");
  events.addEventListener("data", (event) => {
    show(JSON.parse(event.data));
    const time = new Date().toLocaleTimeString();
    const count = `${runs.length} ${runs.length === 1 ? "run" : "runs"}`;
    status.textContent = runs.length === 0
      ? "Waiting for runs."
      : `Following ${count}; last news at ${time}.`;
  });
  events.addEventListener("error", () => {
    status.textContent = "The server does not answer; trying again. Is `deno task report` running?";
    // The browser itself tries again, unless the server has answered with an error.
    if (events.readyState === EventSource.CLOSED) setTimeout(follow, 2000);
  });
}

for (const id of ["log", "first"]) byId(id).addEventListener("input", redraw);
byId("epoch").addEventListener("input", showEpoch);
byId("at-one-epoch").addEventListener("toggle", showEpoch);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
const data = document.getElementById("data");
if (data === null) follow();
else show(JSON.parse(data.textContent ?? ""));
