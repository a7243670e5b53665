/**
 * The styles of the sections.
 *
 * @module
 */

/**
 * CSS for the head of a page with these sections. It only concerns elements within `.evaluation`, and
 * takes its ink from the page; `light-dark()` follows the page's `color-scheme`.
 */
export const evaluationStyles = `
.evaluation { --right: light-dark(#3b82f6, #2563eb); --wrong: light-dark(#f97316, #c2410c);
  --rule: color-mix(in srgb, currentColor 25%, transparent); }
.evaluation figure { margin: 1.25rem 0; overflow-x: auto; }
.evaluation figcaption, .evaluation caption, .evaluation p.faint { font-size: 0.9rem; }
.evaluation table { border-collapse: collapse; margin: 1rem 0; font-size: 0.85rem;
  font-variant-numeric: tabular-nums; }
.evaluation caption { text-align: start; padding-bottom: 0.4rem; }
.evaluation th, .evaluation td { padding: 0.25rem 0.6rem; border-bottom: 1px solid var(--rule); }
.evaluation th { font-weight: 600; text-align: start; }
.evaluation thead th { vertical-align: bottom; }
.evaluation thead th:not(:first-child) { text-align: end; max-width: 12rem; }
.evaluation td { text-align: end; min-width: 2.4rem; }
.evaluation td.text { text-align: start; }
.evaluation td.faint { color: color-mix(in srgb, currentColor 65%, transparent); }
.evaluation .matrix td { min-width: 3.5rem; }
.evaluation td.bar { min-width: 9rem; border-left: 0.6rem solid transparent;
  background-clip: padding-box; background-image: linear-gradient(to right,
  color-mix(in srgb, var(--right) 40%, transparent) var(--part), transparent 0); }
.evaluation td.right { background: color-mix(in srgb, var(--right) calc(var(--part) * 0.6), transparent); }
.evaluation td.wrong { background: color-mix(in srgb, var(--wrong) calc(var(--part) * 0.6), transparent); }
.evaluation summary { cursor: pointer; margin: 0.75rem 0; }
.evaluation svg text { font: 13px system-ui, "Helvetica Neue", Arial, "DejaVu Sans", sans-serif; }
.evaluation svg .ink, .evaluation svg .title { fill: currentColor; }
.evaluation svg .title { font-weight: 600; }
.evaluation svg .faint { fill: color-mix(in srgb, currentColor 70%, transparent); }
.evaluation svg .bins { fill: var(--right); }
.evaluation svg .axis { fill: none; stroke: currentColor; stroke-opacity: 0.5; }`;
