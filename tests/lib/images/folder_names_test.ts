/** Tests of what is found in one folder. @module */
import { assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { readFolder, UnreadableFolderError } from "../../../lib/images/folder_names.ts";
import { inFolder } from "../../folders.ts";

Deno.test({
  name: "readFolder() tells files, folders and links apart, sorts them, and leaves out hidden ones",
  ignore: Deno.build.os === "windows",
  fn: () =>
    inFolder(async (folder) => {
      for (const name of ["b.jpg", "B.jpg", ".hidden"]) {
        await Deno.writeTextFile(join(folder, name), "");
      }
      await Deno.mkdir(join(folder, "cat"));
      await Deno.mkdir(join(folder, ".cache"));
      await Deno.symlink("cat", join(folder, "kitten"));
      await Deno.symlink("nowhere", join(folder, "a.jpg"));
      assertEquals(await readFolder(folder), {
        files: ["B.jpg", "a.jpg", "b.jpg"],
        folders: ["cat"],
        links: ["kitten"],
        unnameableFiles: [],
        unnameableFolders: [],
      });
    }),
});

Deno.test("readFolder() names the folder that cannot be read", () =>
  inFolder(async (folder) => {
    const path = join(folder, "missing");
    const error = await assertRejects(() => readFolder(path), UnreadableFolderError);
    assertEquals((error as UnreadableFolderError).path, path);
  }));
