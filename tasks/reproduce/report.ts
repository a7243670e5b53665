/**
 * Writes the results of a table: JSON, Markdown, a figure, and a part of README.
 *
 * @module
 */
import { fromFileUrl, join, resolve } from "@std/path";
import { lockFile, readTextFile, writeWhole } from "../../lib/files.ts";
import { figureSvg, timeSvg } from "./figure.ts";
import { markdownOf, readmePart } from "./markdown.ts";
import { fittingResults, readResults, type RunResult, writeResults } from "./results.ts";
import type { Table } from "./table.ts";
import type { Work } from "./work.ts";

const root = fromFileUrl(new URL("../../", import.meta.url));

/**
 * Writes all files with results, also with those that another process has written there since; each
 * is written whole or not at all. Waits while another process writes there.
 */
export async function writeReport(
  { table, states }: Pick<Work, "table" | "states">,
  out: string,
): Promise<void> {
  const own = [...states.values()].flatMap((state) => state.kind === "done" ? [state.result] : []);
  if ((await fittingResults(table, own)).length === 0) return;
  await Deno.mkdir(out, { recursive: true });
  using _held = await lockFile(join(out, ".lock"), () => {});
  const written = await readResults(out, table.name);
  // Of two results of a run the later one counts, which is our own.
  const results = await fittingResults(table, [...written, ...own]);
  await writeFiles(table, results, out);
}

async function writeFiles(
  table: Table,
  results: readonly RunResult[],
  out: string,
): Promise<void> {
  await writeResults(out, table, results);
  await writeWhole(join(out, `${table.name}.md`), markdownOf(table, results));
  await writeWhole(join(out, `${table.name}.svg`), await figureSvg(table, results));
  await writeWhole(join(out, `${table.name}-time.svg`), await timeSvg(table, results));
  if (resolve(out) !== join(root, "results")) return;
  const readme = join(root, "README.md");
  const before = await readTextFile(readme);
  const after = withPart(before, table.name, readmePart(table, results));
  if (after !== before) await writeWhole(readme, after);
}

/** Puts a text between the table's marks in README. Without marks README stays unchanged. */
export function withPart(readme: string, table: string, part: string): string {
  const marks = new RegExp(`(<!-- results: ${table} -->\\n)[\\s\\S]*?(<!-- end of results -->)`);
  return readme.replace(marks, (_, begin: string, end: string) => `${begin}\n${part}\n\n${end}`);
}
