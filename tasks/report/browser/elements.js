/**
 * Finds and makes elements. Names come from files, so they only ever become text.
 *
 * @module
 */
// @ts-check
/// <reference lib="dom" />

/** @param {string} id */
export function byId(id) {
  return /** @type {HTMLElement} */ (document.getElementById(id));
}

/** @param {string} id */
export function input(id) {
  return /** @type {HTMLInputElement} */ (byId(id));
}

/**
 * An element with text.
 *
 * @param {string} name
 * @param {string} [text]
 * @param {string} [kind]
 */
export function make(name, text = "", kind = "") {
  const made = document.createElement(name);
  made.textContent = text;
  if (kind !== "") made.className = kind;
  return made;
}

/**
 * A header of a table.
 *
 * @param {string} text
 * @param {"row" | "col"} scope
 * @param {string} [kind]
 */
export function header(text, scope, kind) {
  const made = make("th", text, kind);
  made.setAttribute("scope", scope);
  return made;
}
