/**
 * The first bytes of image files.
 *
 * @module
 */
import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { BrokenImageError, readImageHeader } from "../../../lib/images/image_header.ts";
import { fixtureImage, fixtureNames } from "./setup.ts";

const sizes: Record<string, [number, number]> = {
  "line.jpg": [1, 40],
  "pixel.png": [1, 1],
  "column.png": [50, 1],
};

for (const name of fixtureNames) {
  Deno.test(`readImageHeader() gives format and size of ${name}`, () => {
    const [height, width] = sizes[name] ?? [47, 61];
    const format = name.endsWith(".png") ? "png" : "jpeg";
    assertEquals(readImageHeader(fixtureImage(name)), { format, height, width });
  });
}

function refuses(bytes: Uint8Array, reason: string): void {
  assertThrows(() => readImageHeader(bytes), BrokenImageError, reason);
}

Deno.test("readImageHeader() refuses what is no image", () => {
  refuses(new Uint8Array(), "the file is empty");
  refuses(new TextEncoder().encode("<html>not found</html>"), "neither a JPEG nor a PNG");
  refuses(new TextEncoder().encode("GIF89a"), "neither a JPEG nor a PNG");
  refuses(fixtureImage("colour.png").slice(0, 4), "neither a JPEG nor a PNG");
  refuses(fixtureImage("colour.png").slice(0, 20), "the file is cut short");
});

Deno.test("readImageHeader() refuses a JPEG that is cut short anywhere", () => {
  for (const name of ["colour.jpg", "progressive.jpg", "turned.jpg"]) {
    const bytes = fixtureImage(name);
    for (let length = 3; length < bytes.length - 1; length++) {
      refuses(bytes.slice(0, length), "the file is cut short");
    }
  }
});

Deno.test("readImageHeader() takes no end in a thumbnail for the image's", () => {
  const bytes = fixtureImage("colour.jpg");
  const thumbnail = [0xff, 0xe1, 0, 6, 0xff, 0xd9, 0xff, 0xd9];
  const whole = Uint8Array.of(...bytes.slice(0, 2), ...thumbnail, ...bytes.slice(2));
  assertEquals(readImageHeader(whole).width, 61);
  refuses(whole.slice(0, -2), "the file is cut short");
});

Deno.test("readImageHeader() takes what follows a JPEG's end, and fill bytes before a marker", () => {
  const bytes = fixtureImage("colour.jpg");
  const more = Uint8Array.of(...bytes.slice(0, 2), 0xff, 0xff, ...bytes.slice(2), 1, 2, 3);
  assertEquals(readImageHeader(more), { format: "jpeg", height: 47, width: 61 });
});

Deno.test("readImageHeader() refuses images without pixels and with too many", () => {
  const png = fixtureImage("pixel.png");
  const withSize = (width: number, height: number) => {
    const bytes = png.slice();
    const view = new DataView(bytes.buffer);
    view.setUint32(16, width);
    view.setUint32(20, height);
    return bytes;
  };
  refuses(withSize(0, 5), "it has no pixels");
  refuses(withSize(5, 0), "it has no pixels");
  refuses(withSize(2 ** 32 - 1, 2 ** 32 - 1), "are more than 178956970");
  assertEquals(readImageHeader(withSize(10_000, 10_000)).width, 10_000);
});

Deno.test("readImageHeader() meets any bytes with a header or a BrokenImageError", () => {
  const starts = fixtureNames.map((name) => [...fixtureImage(name).slice(0, 200)]);
  fc.assert(
    fc.property(fc.constantFrom(...starts), fc.nat(200), fc.uint8Array(), (start, kept, rest) => {
      try {
        const { height, width } = readImageHeader(Uint8Array.of(...start.slice(0, kept), ...rest));
        assert(height > 0 && width > 0);
      } catch (error) {
        assert(error instanceof BrokenImageError, String(error));
      }
    }),
    { numRuns: 2000 },
  );
});
