/**
 * Tests of the log of step losses.
 *
 * @module
 */
import { assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { UserError } from "../../../lib/errors.ts";
import { openStepLog } from "../../../tasks/run/step_log.ts";
import { inFolder, namesIn } from "../../folders.ts";

Deno.test("openStepLog() keeps every digit of every loss", () =>
  inFolder(async (folder) => {
    const losses = [1 / 3, 1e-30, 2.3025851249694824, NaN];
    {
      using log = await openStepLog(folder, 0);
      losses.forEach((loss, i) => log.add(i + 1, loss));
    }
    const lines = (await Deno.readTextFile(join(folder, "steps.txt"))).trimEnd().split("\n");
    assertEquals(
      lines.map((line) => line.split(" ").map(Number)),
      losses.map((l, i) => [i + 1, l]),
    );
    assertEquals(namesIn(folder), ["steps.txt"]);
  }));

Deno.test("openStepLog() removes what is after the step that the run goes on from", () =>
  inFolder(async (folder) => {
    const path = join(folder, "steps.txt");
    await Deno.writeTextFile(path, "1 3\n2 2\n3 1\n10 0.5\n11 0.2");
    {
      using log = await openStepLog(folder, 3);
      log.add(4, 0.25);
    }
    assertEquals(await Deno.readTextFile(path), "1 3\n2 2\n3 1\n4 0.25\n");
    (await openStepLog(folder, 0))[Symbol.dispose]();
    assertEquals(await Deno.readTextFile(path), "");
  }));

Deno.test("openStepLog() throws a UserError where it cannot write", () =>
  inFolder(async (folder) => {
    await assertRejects(() => openStepLog(join(folder, "no"), 0), UserError, "steps.txt: no such");
    await Deno.mkdir(join(folder, "steps.txt"));
    await assertRejects(() => openStepLog(folder, 0), UserError, "Cannot read");
  }));
