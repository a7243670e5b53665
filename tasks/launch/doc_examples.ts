/**
 * Finds the examples in doc comments.
 *
 * @module
 */

/** An example in a source. */
export interface DocExample {
  /** The line of the source, from 1, on which its code begins. */
  readonly line: number;
  readonly code: string;
}

/** The examples in a source: the TypeScript in its doc comments. */
export function docExamples(source: string): DocExample[] {
  const fenced = source.matchAll(/^ *\* ```ts\n((?: *\*.*\n)*?) *\* ```$/gm);
  return [...fenced].map(({ 1: lines = "", index }) => ({
    line: source.slice(0, index).split("\n").length + 1,
    code: lines.replace(/^ *\* ?/gm, ""),
  }));
}

/** True if an example starts TensorFlow with options: a process can do that in one way only. */
export function needsOwnProcess({ code }: DocExample): boolean {
  return /\buseTensorFlow\(\{/.test(code);
}
