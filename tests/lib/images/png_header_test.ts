/** Tests of the chunks of PNG files. @module */
import { assertEquals, assertThrows } from "@std/assert";
import { BrokenImageError } from "../../../lib/images/image_frame.ts";
import { pixelsOnly, readPngFrame } from "../../../lib/images/png_header.ts";
import { fixtureImage } from "./setup.ts";

/** A chunk with no more than its length, its name and its data; nobody looks at the checksum. */
function chunk(name: string, ...data: number[]): number[] {
  return [0, 0, 0, data.length, ...new TextEncoder().encode(name), ...data, 0, 0, 0, 0];
}

/** Puts a chunk behind the first one, IHDR. */
function withChunk(png: Uint8Array, added: number[]): Uint8Array<ArrayBuffer> {
  return Uint8Array.of(...png.slice(0, 33), ...added, ...png.slice(33));
}

Deno.test("readPngFrame() gives the size, and how many bytes the pixels take at least", () => {
  const { height, width, leastBytes, passes } = readPngFrame(fixtureImage("colour.png"));
  assertEquals([height, width, passes], [47, 61, 1]);
  assertEquals(leastBytes, 47 * 61 * 3 / 1032);
  assertEquals(readPngFrame(fixtureImage("bilevel.png")).leastBytes, 47 * 8 / 1032);
});

Deno.test("readPngFrame() refuses a chunk that claims more than there is, but for pixels", () => {
  const png = fixtureImage("pixel.png");
  const claim = chunk("tEXt", 65, 0, 66);
  claim[0] = 0x7f;
  assertThrows(() => readPngFrame(withChunk(png, claim)), BrokenImageError, "cut short");
  const pixels = chunk("IDAT", 1);
  pixels[0] = 0x7f;
  assertEquals(readPngFrame(withChunk(png, pixels)).width, 1);
  assertThrows(() => readPngFrame(png.slice(0, 25)), BrokenImageError, "cut short");
});

Deno.test("pixelsOnly() leaves out what may be left out, and keeps transparency", () => {
  const png = pixelsOnly(fixtureImage("pixel.png"));
  assertEquals(pixelsOnly(withChunk(png, chunk("tEXt", 65, 0, 66))), png);
  const transparent = withChunk(png, chunk("tRNS", 0, 1));
  assertEquals(pixelsOnly(transparent), transparent);
});
