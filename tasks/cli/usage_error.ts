/**
 * The error that means "the command line is wrong".
 *
 * @module
 */
import { UserError } from "../../lib/errors.ts";

/** A wrong command line; the commands exit with code 2. */
export class UsageError extends UserError {
  /** Always `"UsageError"`. */
  override name = "UsageError";
}
