/** Tests of the files of a table's results. @module */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { withPart, writeReport } from "../../../tasks/reproduce/report.ts";
import { readResults, type RunResult } from "../../../tasks/reproduce/results.ts";
import { inFolder, namesIn } from "../../folders.ts";
import { tableOf } from "./logs.ts";
import { result } from "./run_result.ts";

const table = tableOf({
  options: { epochs: 2 },
  seeds: [0, 1],
  rows: [{ name: "alone", label: "Alone" }, { name: "wide", label: "Wide" }],
});

/** Writes as a process does that knows these results alone. */
async function write(out: string, ...results: RunResult[]): Promise<void> {
  const done = results.map((result) => [result.name, { kind: "done", result }] as const);
  await writeReport({ table, states: new Map(done) }, out);
}

Deno.test("writeReport() keeps what others write at the same time, and puts its own before older ones", () =>
  inFolder(async (out) => {
    await write(out, result("alone", 0, 60));
    await Promise.all([
      write(out, result("alone", 1, 71)),
      write(out, result("alone", 0, 70)),
      write(out, result("wide", 1, 81)),
      write(out, result("wide", 0, 80)),
    ]);
    const found = (await readResults(out, "mine")).map(({ name, last }) => [name, last.test_acc]);
    assertEquals(found, [["alone-0", 70], ["alone-1", 71], ["wide-0", 80], ["wide-1", 81]]);
    assertEquals(namesIn(out), [".lock", "mine-time.svg", "mine.json", "mine.md", "mine.svg"]);
    assertStringIncludes(await Deno.readTextFile(join(out, "mine.md")), "4 runs");
  }));

Deno.test("writeReport() writes nothing without results", () =>
  inFolder(async (out) => {
    await write(out);
    assertEquals(namesIn(out), []);
  }));

Deno.test("withPart() changes what is between the marks alone", () => {
  const readme = "a\n<!-- results: mine -->\nold\n<!-- end of results -->\nb\n";
  const changed = "a\n<!-- results: mine -->\n\nnew $&\n\n<!-- end of results -->\nb\n";
  assertEquals(withPart(readme, "mine", "new $&"), changed);
  assertEquals(withPart(readme, "other", "new"), readme);
});
