/**
 * Stands in for `@std/cli/parse-args` where JSR cannot be reached: the part of `parseArgs` that the
 * commands use, over `node:util`.
 *
 * @module
 */
import { parseArgs as nodeParseArgs } from "node:util";

/** The options of `@std/cli`'s parseArgs that the commands use. */
interface ParseOptions {
  boolean?: string[];
  string?: string[];
  unknown?: (arg: string, key?: string, value?: unknown) => unknown;
}

export function parseArgs(
  args: string[],
  { boolean = [], string = [], unknown }: ParseOptions = {},
): Record<string, unknown> & { _: string[] } {
  const options = Object.fromEntries([
    ...boolean.map((name) => [name, { type: "boolean" as const }]),
    ...string.map((name) => [name, { type: "string" as const }]),
  ]);
  const { tokens } = nodeParseArgs({
    args,
    options,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const result: Record<string, unknown> & { _: string[] } = { _: [] };
  for (const name of boolean) result[name] = false;
  for (const token of tokens ?? []) {
    if (token.kind === "positional") {
      if (!unknown || unknown(token.value) !== false) result._.push(token.value);
    } else if (token.kind === "option") {
      const value = token.value ?? (string.includes(token.name) ? "" : true);
      const known = Object.hasOwn(options, token.name);
      if (known || !unknown || unknown(token.rawName, token.name, value) !== false) {
        result[token.name] = value;
      }
    }
  }
  return result;
}
