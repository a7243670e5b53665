/** Tests of finding runs. @module */
import { assertEquals, assertMatch } from "@std/assert";
import { join } from "@std/path";
import { findRuns } from "../../../tasks/report/find_runs.ts";
import { inFolder } from "../../folders.ts";
import { makeRun } from "./logs.ts";

Deno.test("findRuns() takes run folders and folders of runs, each run once", () =>
  inFolder(async (folder) => {
    for (const name of ["all/run-10", "all/run-2", "one"]) await makeRun(join(folder, name));
    await Deno.mkdir(join(folder, "all/empty"));
    await Deno.writeTextFile(join(folder, "all/file"), "");
    await Deno.symlink("../one", join(folder, "all/to-one"));
    const at = (...names: string[]) => names.map((name) => join(folder, name));
    const { runs, problems } = await findRuns(at("all", "one", "all/run-2/"));
    assertEquals(runs.map((path) => path.replace(/\/$/, "")), at("all/run-2", "all/run-10", "one"));
    assertEquals(problems, []);
  }));

Deno.test("findRuns() says of each folder why it has no run", () =>
  inFolder(async (folder) => {
    const { runs, problems } = await findRuns([folder, join(folder, "none\n")]);
    assertEquals(runs, []);
    assertEquals(problems[0], `${folder}: neither it nor its subfolders have a log.txt`);
    assertMatch(problems[1]!, /none\ufffd: no such file or folder$/);
  }));
