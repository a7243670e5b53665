/**
 * Quotes paths in the command lines shown to the user.
 *
 * @module
 */

/** A text as one word of a command line, quoted if a shell would read it differently. */
export function shellWord(text: string, os: typeof Deno.build.os = Deno.build.os): string {
  const isWindows = os === "windows";
  const path = isWindows ? text.replaceAll("\\", "/") : text;
  if (/^[\p{L}\p{M}\d./_:+,=@-]+$/u.test(path)) return text;
  return isWindows ? `"${text}"` : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
