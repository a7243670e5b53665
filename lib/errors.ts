/**
 * The error that means "the user can mend this": the commands print its message as one line.
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
