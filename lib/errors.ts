/**
 * An error that the user can fix, shown by the commands as one line; and safe text for such a line.
 *
 * @module
 */

/**
 * The kinds of {@link UserError}, for programs. Messages are for people and may change.
 *
 * - `"not-found"`: a file, folder, data set or library does not exist.
 * - `"not-readable"`: it exists, but is damaged or of another kind.
 * - `"not-writable"`: a file or folder cannot be written, for example because the disk is full.
 * - `"no-permission"`: a Deno permission is missing; the message lists the flags.
 * - `"does-not-fit"`: parameters, a checkpoint or data belong to another network or run.
 * - `"not-finite"`: parameters, logits, a loss or a gradient contain NaN or infinite numbers.
 * - `"not-supported"`: this machine, library or backend cannot do it.
 * - `"not-fetched"`: a download or an installation failed.
 * - `"no-memory"`: there is not enough memory.
 * - `"in-use"`: another process, or an earlier call, is using it.
 * - `"worker-lost"`: another process that trains with this one is gone, or does not answer.
 * - `"other"`: anything else.
 */
export type UserErrorCode =
  | "not-found"
  | "not-readable"
  | "not-writable"
  | "no-permission"
  | "does-not-fit"
  | "not-finite"
  | "not-supported"
  | "not-fetched"
  | "no-memory"
  | "in-use"
  | "worker-lost"
  | "other";

/** Options of {@link UserError}. */
export interface UserErrorOptions extends ErrorOptions {
  /** The kind of error. Default: that of the cause if it is a `UserError`, else `"other"`. */
  code?: UserErrorCode | undefined;
}

/**
 * An error that the user can fix, such as a missing file, a wrong flag, or an unreachable network. The
 * message is one line: what failed, why, the value, and what to do.
 *
 * @example
 * ```ts
 * import { loadParams, UserError } from "@attention-transfer/core";
 *
 * try {
 *   await loadParams("weights.pth");
 * } catch (error) {
 *   if (!(error instanceof UserError)) throw error;
 *   console.log(error.code); // "not-found"
 * }
 * ```
 */
export class UserError extends Error {
  /** Always `"UserError"`. */
  override name = "UserError";
  /** The kind of error: see {@link UserErrorCode}. */
  readonly code: UserErrorCode;

  /** Creates an error with a message for people, and a code for programs. */
  constructor(message: string, { code, ...options }: UserErrorOptions = {}) {
    super(message, options);
    const { cause } = options;
    this.code = code ?? (cause instanceof UserError ? cause.code : "other");
  }
}

/**
 * Refuses what only Deno can do, such as reading files, on another runtime.
 *
 * @param what is to be done, as in "Cannot ...".
 * @param instead what the user can do.
 * @throws {UserError} If this is not Deno.
 */
export function needsDeno(what: string, instead: string): void {
  if ("Deno" in globalThis) return;
  throw new UserError(`Cannot ${what}: this works in Deno only; ${instead}`, {
    code: "not-supported",
  });
}

/** A Deno permission with its own flag. */
type Permission = "read" | "write" | "env" | "ffi" | "run";

/**
 * The missing flags, as the user types them: `--allow-read --allow-ffi`.
 *
 * @param error Deno's error.
 * @param needed all permissions of the operation, in the order of the flags.
 */
export function missingFlags(error: Error, needed: readonly Permission[]): string {
  const [, refused] = error.message.match(/--(allow-[a-z]+)/) ?? [];
  const lacks = needed.filter((name) =>
    Deno.permissions.querySync({ name }).state !== "granted" || refused === `allow-${name}`
  ).map((name) => `allow-${name}`);
  const flags = refused === undefined || lacks.includes(refused) ? lacks : [...lacks, refused];
  return flags.map((flag) => `--${flag}`).join(" ");
}

/**
 * Makes text from a file safe for a message: short, on one line, and without terminal control sequences
 * or characters that reverse or hide text.
 *
 * @param limit the maximum number of characters. A longer text ends with dots.
 */
export function printable(text: string, limit = 80): string {
  const short = text.length > limit ? `${text.slice(0, limit)}...` : text;
  return short.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, "\ufffd");
}
