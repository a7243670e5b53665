/**
 * That no sequence of calls ends the process, or leaves anything behind.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { inFolder } from "../folders.ts";
import { runProgram } from "../processes.ts";
import { long } from "../long.ts";
import type { BoundaryReport } from "./boundary.ts";

/** The same calls every time: what another change did not break shall not fail it. */
const chosenSeed = Number(Deno.env.get("BOUNDARY_SEED") ?? 0);

long.test("the engine survives random calls, right and wrong, and frees all that they made", () =>
  inFolder(async (folder) => {
    // All ops are called, and every fault and disposal met, in 2000 steps.
    const [steps, last] = [2500, join(folder, "last.txt")];
    const { code, signal, out, err } = await runProgram(
      new URL("boundary.ts", import.meta.url),
      ["--steps", String(steps), "--seed", String(chosenSeed), "--last", last],
    );
    const doing = (await Deno.readTextFile(last)).trim();
    assertEquals([code, signal], [0, null], `in step ${doing}: ${err}`);
    const report: BoundaryReport = JSON.parse(out.trim().split("\n").at(-1)!);
    assertEquals(report.steps, steps);
    assertEquals(new Set(report.handles).size, 1);
    assert(report.ops >= 60 && report.values > 500, JSON.stringify(report));
    assert(Object.values(report.errors).reduce((sum, count) => sum + count) > 500);
    const growth = report.memory.at(-1)! - report.memory[0]!;
    assert(growth < 60, `the last ${steps * 0.9} steps left ${growth} MB`);
  }));
