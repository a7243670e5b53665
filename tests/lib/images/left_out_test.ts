/** Tests of how files are counted that are not read. @module */
import { assertEquals } from "@std/assert";
import { joinLeftOut, LeftOutCount } from "../../../lib/images/left_out.ts";

Deno.test("LeftOutCount counts by kinds, names three of each, and passes companions over", () => {
  const count = new LeftOutCount();
  const names = ["1.webp", "2.WEBP", "3.webp", "4.webp", "a.zip", "b", "Thumbs.db", "1.xml"];
  for (const name of names) count.addFile(name);
  count.add("folders", "deep");
  assertEquals(count.all, [
    { what: ".webp", count: 4, examples: ["1.webp", "2.WEBP", "3.webp"] },
    { what: "folders", count: 1, examples: ["deep"] },
    { what: "other files", count: 2, examples: ["a.zip", "b"] },
  ]);
});

Deno.test("joinLeftOut() adds up what several folders left out, with their prefixes", () => {
  const gif = (count: number, ...examples: string[]) => ({ what: ".gif", count, examples });
  assertEquals(joinLeftOut([["b/", gif(5, "1", "2")], ["a/", gif(2, "3", "4")]]), [
    gif(7, "b/1", "b/2", "a/3"),
  ]);
  assertEquals(joinLeftOut([]), []);
});
