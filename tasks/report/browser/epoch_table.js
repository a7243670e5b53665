/**
 * The numbers of one epoch as a table: what the charts show, for those who cannot see them.
 *
 * @module
 */
// @ts-check
/// <reference lib="dom" />
import { byId, header, input, make } from "./elements.js";
import { metrics, runs, shownRuns } from "./state.js";

/** Sets the ends of the slider; one at the end stays there. */
export function showEpochs() {
  const slider = input("epoch");
  const isAtEnd = slider.value === slider.max;
  const last = Math.max(0, ...runs.map(({ epochs }) => Math.ceil(epochs.epoch?.at(-1) ?? 0)));
  slider.min = String(Math.min(1, last));
  slider.max = String(last);
  if (isAtEnd) slider.value = slider.max;
  input("first").max = slider.max;
  showEpoch();
}

/** Shows the numbers of the chosen epoch, if the table is open. */
export function showEpoch() {
  const epoch = Number(input("epoch").value);
  byId("epoch-number").textContent = String(epoch);
  const details = /** @type {HTMLDetailsElement} */ (byId("at-one-epoch"));
  if (!details.open) return;
  const shown = metrics.filter(({ table }) => table === "epochs");
  const head = make("tr");
  head.append(header("Run", "col"), ...shown.map(({ title }) => header(title, "col", "number")));
  const rows = shownRuns().map(({ name, epochs }) => {
    const row = (epochs.epoch ?? []).indexOf(epoch);
    const numbers = shown.map(({ key, digits }) => epochs[key]?.[row]?.toFixed(digits) ?? "");
    const line = make("tr");
    line.append(header(name, "row"), ...numbers.map((number) => make("td", number, "number")));
    return line;
  });
  byId("epoch-head").replaceChildren(head);
  byId("epoch-rows").replaceChildren(...rows);
}
