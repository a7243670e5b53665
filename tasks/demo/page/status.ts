/**
 * The page's elements, and its line about what happens.
 *
 * @module
 */
/// <reference lib="dom" />

/** The element with an ID. */
export function byId(id: string): HTMLElement {
  return document.getElementById(id) as HTMLElement;
}

/** Says a line, which screen readers also read out. */
export function say(line: string): void {
  tell(line, "");
}

/** Says why something cannot be done. */
export function sayError(what: string, error: unknown): void {
  const reason = error instanceof Error ? error.message : String(error);
  tell(`Cannot ${what}: ${reason}.`, "warning");
}

function tell(line: string, kind: string): void {
  const status = byId("status");
  status.textContent = line;
  status.className = kind;
}
