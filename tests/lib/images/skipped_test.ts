/**
 * The report of images that cannot be used.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { type SkippedImage, SkippedImages } from "../../../lib/images/skipped.ts";

Deno.test("SkippedImages holds and tells each image once, with its first reason", () => {
  const told: SkippedImage[] = [];
  const skipped = new SkippedImages((image) => told.push(image));
  skipped.add("b.jpg", "the file is empty");
  skipped.add("a.jpg", "neither a JPEG nor a PNG");
  skipped.add("b.jpg", "the file is cut short");
  const expected = [
    { path: "b.jpg", reason: "the file is empty" },
    { path: "a.jpg", reason: "neither a JPEG nor a PNG" },
  ];
  assertEquals([...skipped], expected);
  assertEquals(told, expected);
  assertEquals(skipped.size, 2);
});

Deno.test("SkippedImages keeps images that are used, though damaged, apart from the others", () => {
  const told: SkippedImage[] = [];
  const skipped = new SkippedImages(undefined, (image) => told.push(image));
  for (let i = 0; i < 2; i++) skipped.addDamaged("a.jpg", "bad Huffman code");
  assertEquals([skipped.size, skipped.damaged], [0, 1]);
  assertEquals([skipped.isDamaged("a.jpg"), skipped.isDamaged("b.jpg")], [true, false]);
  assertEquals(told, [{ path: "a.jpg", reason: "bad Huffman code" }]);
});
