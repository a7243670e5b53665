/** Tests of the page's own program as one script. @module */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { program } from "../../../tasks/report/program.ts";

const folder = new URL("../../../tasks/report/browser/", import.meta.url);

Deno.test("program is a script with all modules of its folder, and imports nothing", async () => {
  for await (const { name } of Deno.readDir(folder)) {
    const text = await Deno.readTextFile(new URL(name, folder));
    const [purpose] = text.match(/^\/\*\*[^]*?\*\//)!;
    assertStringIncludes(program, purpose, name);
  }
  assertEquals(program.match(/^(import|export) .*/gm), null);
  // Throws if it is no script, such as one that declares a name twice.
  assert(new Function(program));
});
