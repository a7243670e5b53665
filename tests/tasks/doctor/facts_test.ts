/** Tests of tasks/doctor/facts.ts. @module */
import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { examineFolder } from "../../../tasks/doctor/facts.ts";
import { inFolder, namesIn } from "../../folders.ts";

Deno.test("examineFolder() tells what is free, and leaves the folder as it was", () =>
  inFolder(async (folder) => {
    for (const [path, exists] of [[folder, true], [join(folder, "a", "b"), false]] as const) {
      const { free, ...facts } = await examineFolder(path);
      assertEquals(facts, { path, exists, writable: true });
      assert(free! > 0);
      assertEquals(namesIn(folder), []);
    }
  }));

Deno.test("examineFolder() tells that a path below a file cannot be written", () =>
  inFolder(async (folder) => {
    const file = join(folder, "file");
    await Deno.writeTextFile(file, "");
    const { exists, writable } = await examineFolder(join(file, "below"));
    assertEquals([exists, writable], [false, false]);
    assertEquals(namesIn(folder), ["file"]);
  }));
