/**
 * The choice of the groups that are shown.
 *
 * @module
 */
// @ts-check
/// <reference lib="dom" />
import { byId, make } from "./elements.js";
import { colorOf, lineOf } from "./group_style.js";
import { groups, hidden } from "./state.js";

/** The groups that can be chosen now, as JSON. */
let offered = "";

/**
 * Offers the groups; the elements stay if nothing is new, with the focus.
 *
 * @param {() => void} onChange
 */
export function showGroups(onChange) {
  const now = JSON.stringify(groups);
  if (now === offered) return;
  offered = now;
  byId("groups").replaceChildren(...groups.map((name, group) => choice(name, group, onChange)));
  byId("choices").hidden = groups.length === 0;
}

/**
 * @param {string} name
 * @param {number} group
 * @param {() => void} onChange
 */
function choice(name, group, onChange) {
  const box = document.createElement("input");
  box.type = "checkbox";
  box.checked = !hidden.has(name);
  box.addEventListener("change", () => {
    if (box.checked) hidden.delete(name);
    else hidden.add(name);
    onChange();
  });
  const swatch = make("span", "", "swatch");
  swatch.style.borderTopColor = `var(${colorOf(group)})`;
  swatch.style.borderTopStyle = lineOf(group);
  const label = make("label");
  label.append(box, swatch, make("span", name));
  return label;
}
