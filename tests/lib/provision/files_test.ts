/** Tests of how installed files are looked for and removed. @module */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { join } from "@std/path";
import { UserError } from "../../../lib/errors.ts";
import { isFile, removeIfThere } from "../../../lib/provision/files.ts";
import { inFolder, namesIn } from "../../folders.ts";

Deno.test("isFile() holds for files alone, and not where a path leads nowhere", () =>
  inFolder(async (folder) => {
    const file = join(folder, "file");
    await Deno.writeTextFile(file, "");
    assert(isFile(file));
    for (const path of [folder, join(folder, "none"), join(file, "below")]) {
      assert(!isFile(path), path);
    }
  }));

Deno.test({
  name: "isFile() follows links, holds for none that leads to itself, and says what it cannot see",
  ignore: Deno.build.os === "windows",
  fn: () =>
    inFolder(async (folder) => {
      const [file, link, loop] = ["file", "link", "loop"].map((name) => join(folder, name)) as [
        string,
        string,
        string,
      ];
      await Deno.writeTextFile(file, "");
      await Deno.symlink("file", link);
      await Deno.symlink("loop", loop);
      assertEquals([isFile(link), isFile(loop)], [true, false]);
      assertThrows(() => isFile(join(folder, "n".repeat(300))), UserError, "Cannot look for");
    }),
});

Deno.test("removeIfThere() removes files and whole folders, and nothing where nothing is", () =>
  inFolder(async (folder) => {
    await Deno.mkdir(join(folder, "a", "b"), { recursive: true });
    await Deno.writeTextFile(join(folder, "file"), "");
    for (const name of ["a", "file", "none"]) await removeIfThere(join(folder, name));
    assertEquals(namesIn(folder), []);
  }));
