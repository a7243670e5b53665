/**
 * The error that means "the command line is wrong".
 *
 * @module
 */
import { UserError } from "../../lib/errors.ts";

/** A command line that cannot be read; the commands end with exit code 2. */
export class UsageError extends UserError {
  /** Always `"UsageError"`. */
  override name = "UsageError";
}
