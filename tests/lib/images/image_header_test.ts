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
  refuses(withSize(10_000, 10_000), "its 10000 x 10000 pixels are more than 69 bytes can hold");
  refuses(withSize(101, 1), "one is over 100 times the other");
  assertEquals(readImageHeader(withSize(100, 1)).width, 100);
});

Deno.test("readImageHeader() takes a PNG of as many pixels as deflate can pack, and of no more", () => {
  const png = fixtureImage("bilevel.png"); // 491 bytes, a bit for each pixel
  const view = new DataView(png.buffer);
  view.setUint32(16, 2048);
  view.setUint32(20, 1979);
  assertEquals(readImageHeader(png).height, 1979);
  view.setUint32(20, 1980);
  refuses(png, "more than 491 bytes can hold");
});

/** The place of a marker of a JPEG. */
function placeOf(bytes: Uint8Array, marker: number): number {
  return bytes.findIndex((byte, i) => byte === 0xff && bytes[i + 1] === marker);
}

Deno.test("readImageHeader() refuses a JPEG of more pixels than its bytes can hold", () => {
  const bytes = fixtureImage("colour.jpg");
  const view = new DataView(bytes.buffer);
  const frame = placeOf(bytes, 0xc0);
  const side = 8 * Math.floor(Math.sqrt(8 * bytes.length));
  view.setUint16(frame + 5, side);
  view.setUint16(frame + 7, side);
  assertEquals(readImageHeader(bytes).height, side);
  view.setUint16(frame + 7, side + 16);
  refuses(bytes, `more than ${bytes.length} bytes can hold`);
});

/** The progressive image with its last scan so often that there are so many. */
function withScans(count: number): Uint8Array {
  const bytes = fixtureImage("progressive.jpg");
  const end = bytes.lastIndexOf(0xd9) - 1;
  const lastScan = bytes.lastIndexOf(0xda, end) - 1;
  const scans = bytes.filter((byte, i) => byte === 0xda && bytes[i - 1] === 0xff).length;
  const more = { length: count - scans };
  const added = Array.from(more, () => [...bytes.slice(lastScan, end)]).flat();
  return Uint8Array.of(...bytes.slice(0, end), ...added, ...bytes.slice(end));
}

Deno.test("readImageHeader() refuses a JPEG of a hundred scans and one", () => {
  assertEquals(readImageHeader(withScans(100)).width, 61);
  refuses(withScans(101), "more than 100 scans");
});

Deno.test("readImageHeader() refuses a PNG that does not begin with its header, as libpng would go on", () => {
  const bytes = fixtureImage("colour.png");
  const chunk = [0, 0, 0, 13, ...new TextEncoder().encode("abCd"), ...bytes.slice(16, 33)];
  refuses(
    Uint8Array.of(...bytes.slice(0, 8), ...chunk, ...bytes.slice(8)),
    "neither a JPEG nor a PNG",
  );
});

Deno.test("readImageHeader() sees the frame that libjpeg sees", () => {
  const bytes = fixtureImage("colour.jpg");
  const withMarker = (...marker: number[]) =>
    Uint8Array.of(...bytes.slice(0, 2), ...marker, ...bytes.slice(2));
  assertEquals(readImageHeader(withMarker(0xff, 0x01)).width, 61); // TEM has no length
  assertEquals(readImageHeader(withMarker(0xff, 0xd0)).width, 61);
  // Stray bytes, of which libjpeg warns.
  for (const stray of [[0xff, 0], [0x12, 0x34], [0, 0xff, 0, 0x7f], [0xff, 0xff, 0, 0xff]]) {
    assertEquals(readImageHeader(withMarker(...stray)).width, 61, String(stray));
  }
  const end = bytes.lastIndexOf(0xd9) - 1; // what data can look like where it is damaged
  const damaged = Uint8Array.of(...bytes.slice(0, end), 0xff, 0xfe, 0, 0, ...bytes.slice(end));
  assertEquals(readImageHeader(damaged).width, 61);
  refuses(withMarker(0xff, 0xe0, 0, 1), "its JPEG segments are damaged");
  refuses(withMarker(0xff, 0xd9), "its JPEG segments are damaged");
});

Deno.test("readImageHeader() takes stray bytes before any marker of a JPEG", () => {
  for (const name of ["colour.jpg", "progressive.jpg"]) {
    const bytes = fixtureImage(name);
    const markers = [...bytes.keys()].filter((at) =>
      at > 1 && bytes[at] === 0xff && bytes[at + 1]! >= 0xc0 && (bytes[at + 1]! & 0xf8) !== 0xd0
    );
    assert(markers.length > 8);
    for (const at of markers) {
      const stray = Uint8Array.of(...bytes.slice(0, at), 0x12, 0x34, ...bytes.slice(at));
      assertEquals(readImageHeader(stray), { format: "jpeg", height: 47, width: 61 });
    }
  }
});

Deno.test("readImageHeader() takes more pixels where they are allowed", () => {
  const png = new Uint8Array(2 ** 19 + 45);
  png.set(fixtureImage("bilevel.png").slice(0, 33)); // the signature and IHDR
  const view = new DataView(png.buffer);
  view.setUint32(33, 2 ** 19);
  png.set(new TextEncoder().encode("IDAT"), 37);
  for (const [width, height] of [[8192, 8193], [13_300, 13_300]] as const) {
    view.setUint32(16, width);
    view.setUint32(20, height);
    refuses(png, `its ${width} x ${height} pixels are more than 67108864; the option maxPixels`);
    assertEquals(readImageHeader(png, 178_956_970).width, width);
  }
  view.setUint32(20, 8192);
  view.setUint32(16, 8192);
  assertEquals(readImageHeader(png).width, 8192);
});

Deno.test("readImageHeader() allows ten scans of the most pixels, and more of fewer", () => {
  const pixels = 47 * 61;
  assertEquals(readImageHeader(withScans(10), pixels).width, 61);
  assertThrows(
    () => readImageHeader(withScans(11), pixels),
    BrokenImageError,
    `its 11 scans of 61 x 47 pixels are more than 10 of ${pixels}; the option maxPixels`,
  );
  assertEquals(readImageHeader(withScans(11), 2 * pixels).width, 61);
});

Deno.test("readImageHeader() refuses a JPEG of more colours than there are", () => {
  const bytes = fixtureImage("colour.jpg");
  bytes[placeOf(bytes, 0xc0) + 9] = 10;
  refuses(bytes, "it has 10 colours");
});

/** A chunk of a PNG; its checksum is not looked at. */
function chunk(name: string, length: number): number[] {
  const bytes = new Uint8Array(12);
  new DataView(bytes.buffer).setUint32(0, length);
  bytes.set(new TextEncoder().encode(name), 4);
  return [...bytes];
}

Deno.test("readImageHeader() refuses a PNG that claims more text than it has", () => {
  const start = fixtureImage("colour.png").slice(0, 33);
  for (const name of ["tEXt", "zTXt", "iTXt", "iCCP", "sPLT", "eXIf", "acTL", "PLTE", "aaAa"]) {
    const bytes = Uint8Array.of(...start, ...chunk(name, 2 ** 31 - 1));
    refuses(bytes, "the file is cut short");
    const packed = Uint8Array.of(...start, ...chunk("IDAT", 0), ...chunk(name, 1));
    refuses(packed, "the file is cut short");
  }
});

Deno.test("readImageHeader() takes what follows a PNG's end", () => {
  const bytes = fixtureImage("colour.png");
  const more = Uint8Array.of(...bytes, ...chunk("tEXt", 2 ** 31 - 1), 1, 2, 3);
  assertEquals(readImageHeader(more), { format: "png", height: 47, width: 61 });
});

Deno.test("readImageHeader() says which other format a file has", () => {
  const text = new TextEncoder();
  const formats = {
    "RIFF\x10\0\0\0WEBPVP8 ": "it is a WebP, and neither a JPEG nor a PNG",
    "GIF89a": "it is a GIF, and",
    "BM\x10\0\0\0\0\0\0\0": "it is a BMP, and",
    "II*\0\x08": "it is a TIFF, and",
    "MM\0*\x08": "it is a TIFF, and",
    "\0\0\0\x1cftypavif": "it is an AVIF, and",
    "\0\0\0\x1cftypheic": "it is a HEIC, and",
  };
  for (const [start, reason] of Object.entries(formats)) refuses(text.encode(start), reason);
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
