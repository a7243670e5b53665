/** Tests of tasks/cli/replace_folder.ts. @module */
import { assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { replaceFolder } from "../../../tasks/cli/replace_folder.ts";
import { inFolder, namesIn } from "../../folders.ts";

const bytes = new TextEncoder().encode("new");

Deno.test("replaceFolder() makes the folder with those above it, and replaces an earlier one", () =>
  inFolder(async (cwd) => {
    const out = join(cwd, "a/b/out");
    await replaceFolder(out, () => new Map([["one", bytes]]));
    assertEquals(namesIn(out), ["one"]);
    await replaceFolder(out, async (fresh) => {
      await Deno.writeTextFile(join(fresh, "own"), "");
      return new Map([["x/two", bytes]]);
    });
    assertEquals(namesIn(out), ["own", "x"]);
    assertEquals(await Deno.readTextFile(join(out, "x/two")), "new");
    assertEquals(namesIn(join(cwd, "a/b")), ["out"]);
  }));

Deno.test("replaceFolder() leaves the earlier folder, and nothing else, where it gets no files or fails", () =>
  inFolder(async (cwd) => {
    const out = join(cwd, "out");
    await replaceFolder(out, () => new Map([["one", bytes]]));
    await replaceFolder(out, () => undefined);
    const failing = replaceFolder(out, () => Promise.reject(new Error("no files")));
    await assertRejects(() => failing, Error, "no files");
    assertEquals(namesIn(cwd), ["out"]);
    assertEquals(namesIn(out), ["one"]);
  }));
