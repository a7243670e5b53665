/**
 * The style of the pages: light and dark as the reader's system says, from 360 pixels on.
 *
 * @module
 */

/** The style sheet. Its colours have a contrast of 4.5 to 1 and more. */
export const style = `
:root {
  color-scheme: light dark;
  --paper: #fff; --ink: #1c2127; --faint: #59636e; --line: #d5dae0; --field: #f3f5f7;
  --link: #0b57b0; --mark: #e6eefa;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #14181d; --ink: #dfe4ea; --faint: #9aa5b1; --line: #333b45; --field: #1e242b;
    --link: #7db4ff; --mark: #1d2b40;
  }
}
* { box-sizing: border-box; }
html { scroll-padding-top: 1rem; -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body {
  margin: 0 auto; max-width: 78rem; color: var(--ink); background: var(--paper);
  font: 1rem/1.6 system-ui, sans-serif; overflow-wrap: break-word;
}
a { color: var(--link); text-underline-offset: 0.15em; }
a:focus-visible, pre:focus-visible, .scroll:focus-visible { outline: 2px solid var(--link); }
header {
  display: flex; justify-content: space-between; gap: 1rem; padding: 0.75rem 1rem;
  border-bottom: 1px solid var(--line); font-weight: 600;
}
header a { text-decoration: none; }
.skip { position: absolute; left: -99rem; }
.skip:focus { left: 1rem; background: var(--paper); }
main { padding: 0 1rem 2rem; min-width: 0; }
main:focus { outline: none; }
h1, h2, h3 { line-height: 1.25; margin: 2rem 0 0.75rem; }
h1 { font-size: 1.8rem; margin-top: 1.25rem; }
h2 { font-size: 1.35rem; }
h3 { font-size: 1.1rem; }
p, ul, ol, pre, .scroll { margin: 0 0 1rem; }
main > p, main > ul, main > ol { max-width: 48rem; }
ul, ol { padding-left: 1.4rem; }
li > p { margin-bottom: 0.5rem; }
img { max-width: 100%; height: auto; background: #fff; border-radius: 4px; }
code { font: 0.875em/1.5 ui-monospace, monospace; background: var(--field); border-radius: 3px; }
:not(pre) > code { padding: 0.1em 0.3em; }
.whole { white-space: nowrap; }
pre {
  padding: 0.75rem 1rem; overflow-x: auto; background: var(--field);
  border: 1px solid var(--line); border-radius: 6px;
}
pre code { background: none; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: 0.94rem; }
th, td { padding: 0.4rem 0.75rem; border: 1px solid var(--line); text-align: left; vertical-align: top; }
th { background: var(--field); }
td[align="right"] { text-align: right; }
td { min-width: 6rem; overflow-wrap: normal; }
td code { overflow-wrap: break-word; }
.formula { overflow-x: auto; overflow-y: hidden; padding: 0.25rem 0; }
math { font-size: 1.08em; }
blockquote { margin: 0 0 1rem; padding-left: 1rem; border-left: 3px solid var(--line); }
nav { padding: 1rem; border-top: 1px solid var(--line); font-size: 0.94rem; }
nav h2 { margin: 1.25rem 0 0.35rem; font-size: 0.85rem; color: var(--faint); }
nav ul { list-style: none; margin: 0; padding: 0; }
nav li a { display: block; padding: 0.25rem 0.5rem; text-decoration: none; border-radius: 4px; }
nav a:hover { text-decoration: underline; }
nav a[aria-current] { background: var(--mark); font-weight: 600; }
nav ul ul { margin-left: 0.75rem; border-left: 1px solid var(--line); font-size: 0.9rem; }
@media (min-width: 60rem) {
  body { display: grid; grid-template-columns: 16rem minmax(0, 1fr); align-items: start; }
  header { grid-column: 1 / 3; }
  .contents { display: none; }
  nav {
    grid-column: 1; grid-row: 2; position: sticky; top: 0; max-height: 100vh; overflow-y: auto;
    border-top: 0; border-right: 1px solid var(--line);
  }
  main { grid-column: 2; padding: 0 2rem 3rem; }
}
@media print { nav, header { display: none; } body { display: block; } }
`.trimStart();
