/**
 * Explains file system errors.
 *
 * @module
 */
import { missingFlags, UserError, type UserErrorCode } from "./errors.ts";

/**
 * True if `lockFile` failed because the file system has no locks, like some network file systems:
 * ENOLCK, ENOSYS or ENOTSUP, which Deno only gives as text.
 */
export function lacksLocks(error: unknown): boolean {
  return /no locks available|not implemented|not supported/i.test(String(error));
}

/**
 * The reason why a file could not be used, in a few words: `no such file or folder`.
 *
 * @param needed the required permissions. Default: the permission named by Deno.
 */
export function whyNot(error: unknown, needed: readonly ("read" | "write")[] = []): string {
  if (error instanceof Deno.errors.NotFound) return "no such file or folder";
  if (error instanceof Deno.errors.NotCapable) {
    return isOfTheSystem(error)
      ? "it is in a folder of the system, such as /proc or /dev, that no task may use"
      : `this program was given no permission for it, and needs ${missingFlags(error, needed)}`;
  }
  const message = error instanceof Error ? error.message : String(error);
  // Deno appends the operation: "Permission denied (os error 13): open '/x/y'".
  return message.replace(/ \(os error \d+\).*$/s, "").replace(
    /^[A-Z](?=[a-z])/,
    (letter) => letter.toLowerCase(),
  );
}

/** The error code for a file that could not be used, or `otherwise` if it has no specific one. */
export function codeOf(error: unknown, otherwise: UserErrorCode): UserErrorCode {
  if (error instanceof Deno.errors.NotFound) return "not-found";
  return error instanceof Deno.errors.NotCapable ? "no-permission" : otherwise;
}

/** The error for a file or folder that cannot be read; see {@linkcode whyNot}. */
export function cannotRead(
  what: string,
  error: unknown,
  needed?: Parameters<typeof whyNot>[1],
): UserError {
  return new UserError(`Cannot read ${what}: ${whyNot(error, needed)}`, {
    code: codeOf(error, "not-readable"),
  });
}

/** The error for a file or folder that cannot be written; see {@linkcode whyNot}. */
export function cannotWrite(
  what: string,
  error: unknown,
  needed?: Parameters<typeof whyNot>[1],
): UserError {
  return new UserError(`Cannot write ${what}: ${whyNot(error, needed)}`, {
    code: codeOf(error, "not-writable"),
  });
}

/** True if Deno refused a path in /proc, /dev or similar, which needs all permissions. */
export function isOfTheSystem(error: Error): boolean {
  return /^Requires all access/.test(error.message);
}

/** True if the error means that the file does not exist. */
export function saysNothingIsThere(error: unknown): boolean {
  return error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory ||
    // A name that is too long for the file system: the file cannot exist.
    (error instanceof Error && "code" in error && error.code === "ENAMETOOLONG");
}
