/** Tests of `deno task report` as a user runs it. @module */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { inFolder, namesIn } from "../folders.ts";
import { long } from "../long.ts";
import { taskRunner } from "./command.ts";
import { addText, makeGroups, makeRun } from "./report/logs.ts";

const { refuse, succeed } = taskRunner("report");

Deno.test("deno task report writes one file", () =>
  inFolder(async (cwd) => {
    await makeGroups(join(cwd, "runs"));
    const { out, err } = await succeed(cwd, "runs");
    assertEquals([out, err], ["wrote report.html\n", ""]);
    assertEquals(namesIn(cwd), ["report.html", "runs"]);
    const page = await Deno.readTextFile(join(cwd, "report.html"));
    assertStringIncludes(page, "+0.52 to +5.48");
  }));

long.test("deno task report names in a line what it leaves out, and goes on", () =>
  inFolder(async (cwd) => {
    await makeRun(join(cwd, "a"));
    await addText(join(cwd, "a"), "json_stats: {}\n");
    await Deno.mkdir(join(cwd, "empty"));
    const { err } = await succeed(cwd, "a", "empty", "none", "--out", "page.html");
    assertEquals(err.split("\n"), [
      "note: empty: neither it nor its subfolders have a log.txt",
      "note: none: no such file or folder",
      'note: a: line 4 has no number "epoch"; it is left out',
      "",
    ]);
    assertEquals(namesIn(cwd), ["a", "empty", "page.html"]);
  }));

long.test("deno task report refuses in a line if there is no run, and writes nothing", () =>
  inFolder(async (cwd) => {
    await Deno.mkdir(join(cwd, "empty"));
    await refuse(
      cwd,
      1,
      /^error: Cannot report on runs: there is none with an epoch \(empty: /,
      "empty",
    );
    await makeRun(join(cwd, "started"), { accuracies: [] });
    await refuse(cwd, 1, /started: its log has no epoch yet\); name run folders/, "started");
    await refuse(cwd, 2, /^error: DIR\.\.\. is missing/);
    assertEquals(namesIn(cwd), ["empty", "started"]);
  }));
