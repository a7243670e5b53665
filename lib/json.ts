/**
 * Parses JSON from files that may be damaged or malicious.
 *
 * @module
 */

/** A value that JSON can hold. */
export type Json = null | boolean | number | string | readonly Json[] | {
  readonly [key: string]: Json;
};

/** An object that JSON can hold. */
export type JsonObject = Readonly<Record<string, Json>>;

/** Deeper than any JSON here. Recursion over deeper values could overflow the stack. */
const maxDepth = 32;

/** Parses an object; undefined if the text is not JSON, not an object, or nested too deeply. */
export function parseObject(text: string): Record<string, unknown> | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  return isObject(value) && isShallow(value, maxDepth) ? value : undefined;
}

/** True if a value is an object and not an array. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isShallow(value: unknown, depth: number): boolean {
  if (typeof value !== "object" || value === null) return true;
  return depth > 0 && Object.values(value).every((inner) => isShallow(inner, depth - 1));
}
