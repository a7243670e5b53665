/**
 * Tests of the page's folder.
 *
 * @module
 */
import { assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { UserError } from "../../../lib/errors.ts";
import { checkFolder, writeFiles } from "../../../tasks/demo/folder.ts";
import { inFolder, namesIn } from "../../folders.ts";

const files = new Map(["demo.js", "index.html"].map((name) => [name, Uint8Array.of(1, 2)]));

Deno.test("writeFiles() makes the folder, and replaces a page that checkFolder() lets through", () =>
  inFolder(async (folder) => {
    const out = join(folder, "a/b");
    await checkFolder(out);
    await writeFiles(out, files);
    assertEquals(namesIn(out), ["demo.js", "index.html"]);
    await checkFolder(out);
    await writeFiles(out, new Map([...files, ["index.html", Uint8Array.of(3)]]));
    assertEquals(await Deno.readFile(join(out, "index.html")), Uint8Array.of(3));
    assertEquals(namesIn(out), ["demo.js", "index.html"]);
  }));

Deno.test("writeFiles() leaves no page where it cannot write all of it", () =>
  inFolder(async (out) => {
    await writeFiles(out, files);
    const broken = new Map([["none/demo.js", Uint8Array.of(1)], ...files]);
    await assertRejects(() => writeFiles(out, broken), UserError, "Cannot write ");
    assertEquals(namesIn(out), ["demo.js"]);
    await Deno.writeTextFile(join(out, "image-3.png"), "");
    await Deno.mkdir(join(out, "model.safetensors.partial"));
    await checkFolder(out); // the same command, once more
    await Deno.writeTextFile(join(out, "notes.md"), "");
    await assertRejects(() => checkFolder(out), UserError, "not of such a page");
  }));

Deno.test("checkFolder() refuses a folder of something else, and a file", () =>
  inFolder(async (folder) => {
    await Deno.writeTextFile(join(folder, "index.html"), "mine");
    await assertRejects(
      () => checkFolder(folder),
      UserError,
      "it holds index.html, which is not of such a page; name another folder with --out",
    );
    await assertRejects(() => checkFolder(join(folder, "index.html")), UserError, "Cannot write");
    assertEquals(await Deno.readTextFile(join(folder, "index.html")), "mine");
  }));
