/**
 * Paths in the command lines that the user is told to give.
 *
 * @module
 */

/** A text as one word of a command line: in quotes where a shell would take it for something else. */
export function shellWord(text: string, os: typeof Deno.build.os = Deno.build.os): string {
  const isWindows = os === "windows";
  const path = isWindows ? text.replaceAll("\\", "/") : text;
  if (/^[\p{L}\p{M}\d./_:+,=@-]+$/u.test(path)) return text;
  return isWindows ? `"${text}"` : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
