/**
 * Text of strangers' making, as it may stand in a message.
 *
 * @module
 */

const mostCharacters = 200;
/** What may control a terminal, break a line, or turn the order of what is read. */
const unprintable = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

/**
 * The name of a file or of something in it, for a message: control characters and marks that turn the
 * direction of writing are escaped as `\x1b` or `\u{202e}`, and what is longer than 200 characters is
 * cut in the middle, so that its beginning and its ending are seen.
 */
export function printable(text: string): string {
  return shorten(text).replace(unprintable, (character) => {
    const hex = character.codePointAt(0)!.toString(16);
    return hex.length <= 2 ? `\\x${hex.padStart(2, "0")}` : `\\u{${hex}}`;
  });
}

function shorten(text: string): string {
  if (text.length <= mostCharacters) return text;
  const half = mostCharacters / 2;
  return `${text.slice(0, half)}…${text.slice(1 - half)}`;
}
