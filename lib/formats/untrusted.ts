/**
 * Helpers for reading files that may be damaged or malicious.
 *
 * @module
 */
import { UserError } from "../errors.ts";

/**
 * Calls `read` and converts its errors.
 *
 * @param path of the file, for the message.
 * @throws {UserError} Instead of a SyntaxError, which readers throw for an invalid file.
 */
export async function readable<T>(path: string, read: () => T | Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new UserError(`Cannot read parameters from ${path}: ${error.message}`, {
      code: "not-readable",
    });
  }
}

/**
 * The maximum size of a file's arrays in bytes. Parameters compress badly, so a file that unpacks to
 * more is not one of parameters.
 */
export function memoryLimit(bytes: Uint8Array): number {
  return 8 * bytes.length + 2 ** 24;
}

/** More axes than any tensor has. */
export const maxRank = 64;

/** True if a value that was read can be a count, a length or an offset. */
export function isSize(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** True if a value can be the shape or the strides of a tensor. */
export function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.length <= maxRank && value.every(isSize);
}

/** Converts bytes to text, one character per byte: for signatures, and to show the start of a file. */
export function latin1(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}

/** The start of a file for a message: quoted, with what cannot be shown escaped as in JSON. */
export function quotedStart(bytes: Uint8Array): string {
  return JSON.stringify(latin1(bytes.subarray(0, 16))).replace(
    /[\p{Cc}\p{Cf}]/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
