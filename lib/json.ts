/**
 * JSON out of files that may be damaged or hostile.
 *
 * @module
 */

/** A value that JSON can hold. */
export type Json = null | boolean | number | string | readonly Json[] | {
  readonly [key: string]: Json;
};

/** More than anything that is written here: what goes through deeper values would overflow the stack. */
const MAX_DEPTH = 32;

/** The object that the text is; undefined where it is no JSON, no object, or nested without end. */
export function parseObject(text: string): Record<string, unknown> | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  return isObject(value) && isShallow(value, MAX_DEPTH) ? value : undefined;
}

/** Whether a value is an object and no list. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isShallow(value: unknown, depth: number): boolean {
  if (typeof value !== "object" || value === null) return true;
  return depth > 0 && Object.values(value).every((inner) => isShallow(inner, depth - 1));
}
