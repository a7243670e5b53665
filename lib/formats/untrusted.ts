/**
 * What the readers of files share that may be damaged or hostile.
 *
 * @module
 */
import { UserError } from "../errors.ts";

/**
 * What is read of a file.
 *
 * @param path of the file, for the message.
 * @throws {UserError} In place of a SyntaxError, by which readers tell what is wrong with it.
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
 * The most bytes that the arrays of a file may have: zeros pack well and parameters do not, and no file
 * of parameters is many times its size.
 */
export function memoryLimit(bytes: Uint8Array): number {
  return 8 * bytes.length + 2 ** 24;
}

/** Bytes as text, a character each: for signatures, and to show how a file begins. */
export function latin1(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}
