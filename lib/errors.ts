/**
 * The error that means "the user can mend this": the commands print its message as one line. And what a
 * file's names look like in such a line.
 *
 * @module
 */

/**
 * Trouble that the user can mend: a missing file, a wrong flag, a network that cannot be reached.
 * The message is one line: what cannot be done, why, the value, and what to do.
 *
 * @example
 * ```ts
 * import { UserError } from "@attention-transfer/core";
 *
 * const error = new UserError("Cannot read weights.pth: no such file; check --params");
 * console.log(error.name); // "UserError"
 * ```
 */
export class UserError extends Error {
  /** Always `"UserError"`. */
  override name = "UserError";
}

/**
 * Text out of a file as it may stand in a message: short, on one line, and nothing in it that a
 * terminal takes for an order, or that turns or hides what stands beside it.
 *
 * @param limit the most characters of the text; what follows them becomes dots.
 */
export function printable(text: string, limit = 80): string {
  const short = text.length > limit ? `${text.slice(0, limit)}...` : text;
  return short.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, "\ufffd");
}
