/** Tests of a table's page, and that README and results agree. @module */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { exists } from "../../../lib/files.ts";
import { figureSvg, timeSvg } from "../../../tasks/reproduce/figure.ts";
import { finding, markdownOf, readmePart, spreadText } from "../../../tasks/reproduce/markdown.ts";
import { withPart } from "../../../tasks/reproduce/report.ts";
import { readResults } from "../../../tasks/reproduce/results.ts";
import { readTable, type Table, tableNames } from "../../../tasks/reproduce/table.ts";
import { tableOf } from "./logs.ts";
import { result } from "./run_result.ts";

const root = fromFileUrl(new URL("../../../", import.meta.url));

const emptyTable = { dataNote: "Of a data set.", options: { epochs: 2 }, seeds: [0, 1, 2] };
const table = tableOf({
  ...emptyTable,
  rows: [
    { name: "alone", label: "student alone" },
    { name: "at", label: "AT", alone: "alone", kd: "kd", note: "Beta 1000." },
    { name: "kd", label: "KD", alone: "alone", seeds: [0] },
    { name: "rkd", label: "RKD", alone: "alone" },
  ],
});

const results = [
  ...[90, 91, 92].map((accuracy, seed) => result("alone", seed, accuracy)),
  ...[91, 92.1, 92.9].map((accuracy, seed) => result("at", seed, accuracy)),
  result("kd", 0, 90.5),
];

Deno.test("markdownOf() gives mean, deviation, n, the best epoch, and paired differences", () => {
  const page = markdownOf(table, results);
  const row = (label: string) =>
    page.split("\n").find((line) => line.startsWith(`| ${label} `))!
      .split("|").slice(1, -1).map((cell) => cell.trim());
  assertEquals(row("student alone"), [
    "student alone",
    "3",
    "91.00 ± 1.00",
    "92.00",
    "",
    "",
    "60 min",
  ]);
  assertEquals(row("AT"), [
    ...["AT", "3", "92.00 ± 0.95", "93.00"],
    ...["+1.00 [+0.75, +1.25]", "+0.50", "60 min"],
  ]);
  assertEquals(row("KD").slice(1, 3), ["1", "90.50"]);
  assertStringIncludes(
    page,
    "AT against student alone: better, as the seeds support: +1.00 points",
  );
  assertStringIncludes(page, "AT against KD: +0.50 points with one seed, which supports no claim.");
  assertStringIncludes(page, "Runs that are missing: RKD 3.");
  assertStringIncludes(page, "- AT: `deno task cifar --seed 0`. Beta 1000.");
  assertStringIncludes(page, "7 runs, 7.0 hours of processor time in all.");
});

Deno.test("finding() claims what the interval supports, and no more", () => {
  const say = (low: number, high: number) =>
    finding({ n: 3, mean: (low + high) / 2, ends: [low, high] });
  assertStringIncludes(say(0.1, 0.5), "better, as the seeds support: +0.30 points");
  assertStringIncludes(say(-0.5, -0.1), "worse, as the seeds support: −0.30 points");
  assertStringIncludes(say(-0.1, 0.5), "not decided by the seeds");
  const two = { n: 2, mean: 7.15, ends: [1.62, 12.67] } as const;
  assertEquals(finding(two), "+7.15 points with 2 seeds, which supports no claim");
});

Deno.test("readmePart() says which rows support no claim, and what PyTorch's are compared with", () => {
  const part = (table: Table) => readmePart(table, results).replace(/\s+/g, " ");
  assertStringIncludes(
    part(table),
    "Rows with fewer than three seeds support no claim. More is in",
  );
  const rows = table.rows.map((row) => ({ ...row, program: "pytorch" as const }));
  assertStringIncludes(
    part({ ...table, rows }),
    "no claim. PyTorch's rows are compared with PyTorch's student alone.",
  );
});

Deno.test("spreadText() gives mean and standard deviation, and the mean alone for one value", () => {
  assertEquals(spreadText([90, 91, 92]), "91.00 ± 1.00");
  assertEquals(spreadText([90.5]), "90.50");
});

Deno.test("figureSvg() and timeSvg() have a label for each row with results", async () => {
  for (const draw of [figureSvg, timeSvg]) {
    const svg = await draw(table, results);
    assert(svg.startsWith("<svg"));
    for (const label of ["student alone", "AT", "KD"]) assertStringIncludes(svg, label);
    assert(!svg.includes("RKD"));
  }
});

Deno.test("timeSvg() tells the lines of 20 rows apart, and figureSvg() has room for long labels", async () => {
  const rows = Array.from({ length: 20 }, (_, i) => ({ name: `row${i}`, label: `row ${i}` }));
  const runs = rows.map(({ name }) => result(name, 0, 90));
  const lines = (await timeSvg(tableOf({ ...emptyTable, rows }), runs)).matchAll(
    /stroke="(#\w+)" stroke-width="2"( stroke-dasharray="[\d,]+")?/g,
  );
  assertEquals(new Set([...lines].map(([line]) => line)).size, rows.length);

  const label = "a".repeat(60);
  const svg = await figureSvg(tableOf({ ...emptyTable, rows: [{ name: "row0", label }] }), runs);
  const right = Number(svg.match(/translate\(([\d.]+) [\d.]+\)" fill="#1f2937">a{60}/)![1]);
  assert(right > 7.8 * label.length, `the label ends at ${right}`);
});

Deno.test("README and the pages of results are those of the committed results", async () => {
  const readme = await Deno.readTextFile(`${root}README.md`);
  for (const name of tableNames()) {
    const results = await readResults(`${root}results`, name);
    assertEquals(await exists(`${root}results/${name}.md`), results.length > 0, name);
    if (results.length === 0) continue;
    const table = await readTable(name);
    assertEquals(await Deno.readTextFile(`${root}results/${name}.md`), markdownOf(table, results));
    assertEquals(withPart(readme, name, readmePart(table, results)), readme);
  }
});
