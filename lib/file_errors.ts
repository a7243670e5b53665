/**
 * What errors of the file system mean.
 *
 * @module
 */
import { missingFlags, type UserErrorCode } from "./errors.ts";

/**
 * Whether `lockFile` failed because the file system has no locks, as some of networks: ENOLCK, ENOSYS or
 * ENOTSUP, of which Deno gives the words.
 */
export function lacksLocks(error: unknown): boolean {
  return /no locks available|not implemented|not supported/i.test(String(error));
}

/**
 * Why a file could not be used, in a few words: `no such file or folder`.
 *
 * @param needed the permissions that using it takes; that which Deno names, unless given.
 */
export function whyNot(error: unknown, needed: readonly ("read" | "write")[] = []): string {
  if (error instanceof Deno.errors.NotFound) return "no such file or folder";
  if (error instanceof Deno.errors.NotCapable) {
    return isOfTheSystem(error)
      ? "it is in a folder of the system, such as /proc or /dev, that no task may use"
      : `this program was given no permission for it, and needs ${missingFlags(error, needed)}`;
  }
  const message = error instanceof Error ? error.message : String(error);
  // Deno adds what it was doing: "Permission denied (os error 13): open '/x/y'".
  return message.replace(/ \(os error \d+\).*$/s, "").replace(
    /^[A-Z](?=[a-z])/,
    (letter) => letter.toLowerCase(),
  );
}

/** The kind of trouble that a file could not be used for; `otherwise` where it is none of its own. */
export function codeOf(error: unknown, otherwise: UserErrorCode): UserErrorCode {
  if (error instanceof Deno.errors.NotFound) return "not-found";
  return error instanceof Deno.errors.NotCapable ? "no-permission" : otherwise;
}

/**
 * Whether Deno has refused a path in /proc, /dev or the like, which only a program may use that may do
 * everything.
 */
export function isOfTheSystem(error: Error): boolean {
  return /^Requires all access/.test(error.message);
}

/** Whether an error says something else than that nothing is there. */
export function isOther(error: unknown): boolean {
  return !saysNothingIsThere(error);
}

/** Whether an error of the file system says that nothing is there: it is no trouble with what is. */
export function saysNothingIsThere(error: unknown): boolean {
  return error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory ||
    isNameTooLong(error);
}

/** Whether a name is longer than the file system takes: nothing can be there. */
function isNameTooLong(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENAMETOOLONG";
}
