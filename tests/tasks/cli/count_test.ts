/**
 * Numbers of things.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { count } from "../../../tasks/cli/count.ts";

Deno.test("count() has an s for all numbers but 1", () => {
  const written = [0, 1, 1.5, 2].map((value) => count(value, "image"));
  assertEquals(written, ["0 images", "1 image", "1.5 images", "2 images"]);
});
