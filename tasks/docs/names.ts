/**
 * Checks that the guide of the library has every public name, and no other.
 *
 * @module
 */
import type { Tokens } from "marked";
import { libraryGuide } from "./guides.ts";
import { parse, tokensIn } from "./markdown.ts";

/** The names that the guide explains: the code in the first column of its tables. */
export function namesIn(text: string): string[] {
  return tokensIn(parse(text)).flatMap((token) =>
    token.type === "table"
      ? (token as Tokens.Table).rows.flatMap(([first]) =>
        tokensIn(first?.tokens ?? [])
          .flatMap((part) => part.type === "codespan" ? [(part as Tokens.Codespan).text] : [])
      )
      : []
  );
}

/**
 * One line for each name that the guide lacks, has twice, or invents.
 *
 * @param text The guide.
 * @param names All public names.
 */
export function nameProblems(text: string, names: readonly string[]): string[] {
  const explained = namesIn(text);
  const twice = explained.filter((name, i) => explained.indexOf(name) !== i);
  return [
    ...names.filter((name) => !explained.includes(name)).sort()
      .map((name) => `${libraryGuide}: the public name ${name} is missing in its tables`),
    ...explained.filter((name) => !names.includes(name))
      .map((name) => `${libraryGuide}: ${name} is no public name`),
    ...twice.map((name) => `${libraryGuide}: ${name} is explained twice`),
  ];
}
