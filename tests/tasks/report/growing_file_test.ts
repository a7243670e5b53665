/** Tests of reading a growing file. @module */
import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { GrowingFile } from "../../../tasks/report/growing_file.ts";
import { inFolder, makePipe } from "../../folders.ts";

Deno.test("GrowingFile.read() returns each line once, when its end is there", () =>
  inFolder(async (folder) => {
    const path = join(folder, "log.txt");
    const file = new GrowingFile(path);
    const lines = async () => (await file.read())?.lines;
    assertEquals(await lines(), undefined);
    const add = (text: string) => Deno.writeTextFile(path, text, { append: true });
    await add("one\ntw");
    assertEquals(await lines(), ["one"]);
    assertEquals(await lines(), []);
    await add("o\nthree\n");
    assertEquals(await lines(), ["two", "three"]);
  }));

Deno.test("GrowingFile.read() takes a last line without its end if that is whole", () =>
  inFolder(async (folder) => {
    const path = join(folder, "log.txt");
    const file = new GrowingFile(path, (line) => line.endsWith("}"));
    await Deno.writeTextFile(path, "a\n{b}");
    assertEquals((await file.read())?.lines, ["a", "{b}"]);
    await Deno.writeTextFile(path, "\n{c", { append: true });
    assertEquals((await file.read())?.lines, [""]);
    await Deno.writeTextFile(path, "}", { append: true });
    assertEquals((await file.read())?.lines, ["{c}"]);
  }));

Deno.test("GrowingFile.read() starts again with a shorter file, or another one", () =>
  inFolder(async (folder) => {
    const path = join(folder, "log.txt");
    const file = new GrowingFile(path);
    await Deno.writeTextFile(path, "one\ntwo\n");
    assertEquals((await file.read())?.isFresh, true);
    await Deno.truncate(path, 4);
    assertEquals(await file.read(), { lines: ["one"], isFresh: true, hasMore: false });
    await Deno.writeTextFile(join(folder, "new"), "three\nfour\nfive\n");
    await Deno.rename(join(folder, "new"), path);
    assertEquals((await file.read())?.lines, ["three", "four", "five"]);
  }));

Deno.test("GrowingFile.read() reads a long file in parts, and passes over a line without end", () =>
  inFolder(async (folder) => {
    const path = join(folder, "log.txt");
    const line = "x".repeat(1000);
    await Deno.writeTextFile(path, `${line}\n`.repeat(20_000) + "y".repeat(2 ** 25) + "\nlast\n");
    const file = new GrowingFile(path);
    const found: string[] = [];
    for (let hasMore = true; hasMore;) {
      const part = await file.read();
      found.push(...part!.lines);
      hasMore = part!.hasMore;
    }
    assertEquals(found.filter((text) => text === line).length, 20_000);
    assertEquals(found.at(-1), "last");
  }));

Deno.test("GrowingFile.read() does not open a pipe", () =>
  inFolder(async (folder) => {
    const path = join(folder, "log.txt");
    using _ = await makePipe(path);
    assertEquals(await new GrowingFile(path).read(), undefined);
  }));
