/**
 * Tests of the file of `deno task bench --gpu`.
 *
 * @module
 */
import { assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { UserError } from "../../../../lib/errors.ts";
import { writeReport } from "../../../../tasks/bench/gpu/report.ts";
import { inFolder, namesIn } from "../../../folders.ts";
import { reportOf } from "./reports.ts";

Deno.test("writeReport() replaces the whole file, and leaves nothing beside it", () =>
  inFolder(async (folder) => {
    const path = join(folder, "gpu.json");
    await Deno.writeTextFile(path, "x".repeat(100_000));
    const report = reportOf({ doctor: [{ card: null }] });
    await writeReport(path, report);
    assertEquals(JSON.parse(await Deno.readTextFile(path)), report);
    assertEquals(namesIn(folder), ["gpu.json"]);
    await assertRejects(() => writeReport(join(folder, "none", "gpu.json"), report), UserError);
  }));
