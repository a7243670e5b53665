/**
 * `deno task npm` where it must not write; tests/npm has what it writes.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { inFolder, namesIn } from "../folders.ts";
import { taskRunner } from "./command.ts";

const { refuse } = taskRunner("npm");

Deno.test("deno task npm leaves a folder alone that holds something else", () =>
  inFolder(async (cwd) => {
    await Deno.mkdir(join(cwd, "mine"));
    await Deno.writeTextFile(join(cwd, "mine", "package.json"), '{ "name": "mine" }');
    await refuse(cwd, 1, /mine: it exists and holds no package of @attention/, "--out", "mine");
    assertEquals(namesIn(join(cwd, "mine")), ["package.json"]);
  }));
