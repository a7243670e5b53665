/**
 * Writes the results of a table: JSON, Markdown, a figure, and a part of README.
 *
 * @module
 */
import { fromFileUrl, join, resolve } from "@std/path";
import { readTextFile, writeWhole } from "../../lib/files.ts";
import { figureSvg, timeSvg } from "./figure.ts";
import { markdownOf, readmePart } from "./markdown.ts";
import { fittingResults, writeResults } from "./results.ts";
import type { Work } from "./work.ts";

const root = fromFileUrl(new URL("../../", import.meta.url));

/** Writes all files with results; each is written whole or not at all. */
export async function writeReport({ table, states }: Work, out: string): Promise<void> {
  const results = await fittingResults(
    table,
    [...states.values()].flatMap((state) => state.state === "done" ? [state.result] : []),
  );
  if (results.length === 0) return;
  await Deno.mkdir(out, { recursive: true });
  await writeResults(out, table, results);
  const text = (path: string, content: string) =>
    writeWhole(path, new TextEncoder().encode(content));
  await text(join(out, `${table.name}.md`), markdownOf(table, results));
  await text(join(out, `${table.name}.svg`), await figureSvg(table, results));
  await text(join(out, `${table.name}-time.svg`), await timeSvg(table, results));
  if (resolve(out) !== join(root, "results")) return;
  const readme = join(root, "README.md");
  const before = await readTextFile(readme);
  const after = withPart(before, table.name, readmePart(table, results));
  if (after !== before) await text(readme, after);
}

/** Puts a text between the table's marks in README. Without marks README stays unchanged. */
export function withPart(readme: string, table: string, part: string): string {
  const marks = new RegExp(`(<!-- results: ${table} -->\\n)[\\s\\S]*?(<!-- end of results -->)`);
  return readme.replace(marks, (_, begin: string, end: string) => `${begin}\n${part}\n\n${end}`);
}
