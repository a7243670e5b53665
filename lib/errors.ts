/**
 * The error that means "the user can mend this": the commands print its message as one line. And what a
 * file's names look like in such a line.
 *
 * @module
 */

/**
 * What kind of trouble a {@link UserError} tells, for programs; messages are for people and may change.
 *
 * - `"not-found"`: a file, a folder, a data set or a library is not there.
 * - `"not-readable"`: it is there, and cannot be read: it is damaged, or of another kind.
 * - `"not-writable"`: a file or folder cannot be written, such as on a disk that is full.
 * - `"no-permission"`: Deno was not given a permission; the message lists the flags.
 * - `"does-not-fit"`: parameters, a checkpoint or data are of another network or run.
 * - `"not-finite"`: parameters, logits, a loss or a gradient hold NaN or infinite numbers.
 * - `"not-supported"`: this machine, library or backend cannot do it.
 * - `"not-fetched"`: a download or an installation failed.
 * - `"no-memory"`: memory does not suffice.
 * - `"in-use"`: somebody else, or an earlier call, has it in use.
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
  | "other";

/** Options of {@link UserError}. */
export interface UserErrorOptions extends ErrorOptions {
  /** The kind of trouble. That of the cause, where it is such an error, else `"other"`, unless given. */
  code?: UserErrorCode | undefined;
}

/**
 * Trouble that the user can mend: a missing file, a wrong flag, a network that cannot be reached.
 * The message is one line: what cannot be done, why, the value, and what to do.
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
  /** The kind of trouble: see {@link UserErrorCode}. */
  readonly code: UserErrorCode;

  /** An error of a message for people, and a code for programs. */
  constructor(message: string, { code, ...options }: UserErrorOptions = {}) {
    super(message, options);
    const { cause } = options;
    this.code = code ?? (cause instanceof UserError ? cause.code : "other");
  }
}

/** A permission of Deno that has a flag of its own. */
type Permission = "read" | "write" | "env" | "ffi" | "run";

/**
 * The flags that the program lacks, as they are typed: `--allow-read --allow-ffi`.
 *
 * @param error what Deno refused the program with.
 * @param needed the permissions of all that is being done, in the order in which they are told.
 */
export function missingFlags(
  error: Error,
  needed: readonly Permission[],
): string {
  const [, refused] = error.message.match(/--(allow-[a-z]+)/) ?? [];
  const lacks = needed.filter((name) =>
    Deno.permissions.querySync({ name }).state !== "granted" || refused === `allow-${name}`
  ).map((name) => `allow-${name}`);
  const flags = refused === undefined || lacks.includes(refused) ? lacks : [...lacks, refused];
  return flags.map((flag) => `--${flag}`).join(" ");
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
