/**
 * `deno task npm` as a user runs it; tests/npm uses what it writes.
 *
 * @module
 */
import { assertEquals, assertMatch } from "@std/assert";
import { join } from "@std/path";
import { inFolder, namesIn } from "../folders.ts";
import { long } from "../long.ts";
import { taskRunner } from "./command.ts";

const { refuse, succeed } = taskRunner("npm");

long.test("deno task npm writes the package over an earlier one", () =>
  inFolder(async (cwd) => {
    // tests/npm writes it where there is none.
    await Deno.mkdir(join(cwd, "a", "b"), { recursive: true });
    const manifest = '{ "name": "@attention-transfer/core" }';
    for (const [name, text] of [["package.json", manifest], ["old.js", "old();"]] as const) {
      await Deno.writeTextFile(join(cwd, "a", "b", name), text);
    }
    const { out } = await succeed(cwd, "--out", "a/b");
    assertMatch(out, /^@attention-transfer\/core \d.* files in .*b; npm pack .*\n$/);
    assertEquals(namesIn(join(cwd, "a")), ["b"]);
    assertEquals(namesIn(join(cwd, "a", "b")), [
      ...["CHANGELOG.md", "LICENSE", "README.md", "lib", "mod.d.ts", "mod.js", "models"],
      ...["package.json", "std_adapters"],
    ]);
    const mod = await Deno.readTextFile(join(cwd, "a", "b", "lib", "losses", "mod.js"));
    assertMatch(mod, /from "\.\/attention\.js"/);
  }));

Deno.test("deno task npm leaves a folder alone that holds something else", () =>
  inFolder(async (cwd) => {
    await Deno.mkdir(join(cwd, "mine"));
    await Deno.writeTextFile(join(cwd, "mine", "package.json"), '{ "name": "mine" }');
    await refuse(cwd, 1, /mine: it exists and holds no package of @attention/, "--out", "mine");
    assertEquals(namesIn(join(cwd, "mine")), ["package.json"]);
  }));
