/**
 * Decoded images beside torchvision's.
 *
 * @module
 */
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import fc from "fast-check";
import { join } from "@std/path";
import { crc32, deflateSync } from "node:zlib";
import { UserError } from "../../../lib/errors.ts";
import { useTensorFlow } from "../../../lib/backend/use_tensorflow.ts";
import { openImageDecoder } from "../../../lib/images/decoder.ts";
import { BrokenImageError, type ImageSize } from "../../../lib/images/image_header.ts";
import type { JitterStep } from "../../../lib/images/jitter.ts";
import { IMAGENET_NORMALIZATION } from "../../../lib/data/normalize.ts";
import { type Box, centerView, type View } from "../../../lib/images/view.ts";
import { assertClose, readFixture } from "../../parity.ts";
import { inFolder } from "../../folders.ts";
import { runProgram } from "../../processes.ts";
import { long } from "../../long.ts";
import { fixtureImage, fixtureNames, pixelDecoder } from "./setup.ts";

const { library } = await useTensorFlow({ gpu: false });
const fixture = await readFixture("images/expected");
const size: number = JSON.parse(fixture.metadata.crop!);
const resize: number = JSON.parse(fixture.metadata.resize!);
const boxes: [number, number, number, number][] = JSON.parse(fixture.metadata.boxes!);
const jitters: Record<string, [JitterStep["kind"], number][]> = JSON.parse(
  fixture.metadata.jitters!,
);
const decoder = pixelDecoder(size);
const shape = [size, size, 3];

const centre = (image: ImageSize): View => centerView(image, { size, resize });
const part = (box: Box, flip = false) => (): View => ({
  box,
  resized: { height: size, width: size },
  flip,
});
const whole = (image: ImageSize): View => part({ top: 0, left: 0, ...image })();

/** Pillow rounds twice, after each direction, and we do not; it mixes CMYK in other steps too. */
function tolerance(name: string): { atol: number } {
  return { atol: /cmyk|ycck/.test(name) ? 2 : 1 };
}

for (const name of fixtureNames) {
  Deno.test(`ImageDecoder.decode() shows the middle of ${name} as torchvision does`, async () => {
    const data = await decoder.decode(fixtureImage(name), centre);
    assertClose({ shape, data }, fixture.get(`${name}/eval`), tolerance(name), name);
  });
}

for (const name of ["colour.png", "full_chroma.jpg", "colour.jpg"]) {
  Deno.test(`ImageDecoder.decode() crops, resizes and flips ${name} as torchvision does`, async () => {
    for (const [i, [top, left, height, width]] of boxes.entries()) {
      const view = part({ top, left, height, width }, i % 2 === 1);
      const data = await decoder.decode(fixtureImage(name), view);
      const expected = fixture.get(`${name}/train/${i}`);
      const off = data.filter((value, j) => Math.abs(value - expected.data[j]!) > 1).length;
      // A cropped JPEG lacks the neighbours that its coarser colours are smoothed with.
      if (name === "colour.jpg") assert(off < 0.03 * data.length, `${off} of ${data.length}`);
      const atol = name === "colour.jpg" ? 3 : 1;
      assertClose({ shape, data }, expected, { atol }, `${name}, part ${i}`);
    }
  });
}

for (const [name, steps] of Object.entries(jitters)) {
  Deno.test(`ImageDecoder.decode() changes colours as torchvision does: ${name}`, async () => {
    const jitter = steps.map(([kind, factor]) => ({ kind, factor }));
    const view = (image: ImageSize): View => ({ ...centre(image), jitter });
    const data = await decoder.decode(fixtureImage("colour.png"), view);
    assertClose({ shape, data }, fixture.get(`jitter/${name}`), { atol: 1.5 }, name);
  });
}

Deno.test("ImageDecoder.decode() leaves pixels alone where nothing is resized", async () => {
  const box = { top: 3, left: 7, height: size, width: size };
  const data = await decoder.decode(fixtureImage("colour.png"), part(box));
  assert(data.every((value) => Number.isInteger(value)));
});

Deno.test("ImageDecoder.decode() normalises", async () => {
  const normalized = openImageDecoder({ library, size, normalization: IMAGENET_NORMALIZATION });
  const { mean, std } = IMAGENET_NORMALIZATION;
  const file = fixtureImage("colour.jpg");
  const expected = (await decoder.decode(file, centre))
    .map((value, i) => (value - mean[i % 3]!) / std[i % 3]!);
  const data = await normalized.decode(file, centre);
  assertClose({ shape, data }, { shape, data: expected }, { atol: 1e-5 }, "normalised");
  normalized.close();
});

Deno.test("ImageDecoder.decode() fills the array that it is given", async () => {
  const into = new Float32Array(size * size * 3);
  assert(await decoder.decode(fixtureImage("colour.png"), centre, into) === into);
  assertEquals(into, await decoder.decode(fixtureImage("colour.png"), centre));
  const larger = new Float32Array(into.length + 1);
  await assertRejects(
    () => decoder.decode(fixtureImage("colour.png"), centre, larger),
    RangeError,
    `of ${larger.length}`,
  );
});

Deno.test("ImageDecoder.decode() refuses broken files", async () => {
  const png = fixtureImage("colour.png");
  const damaged = png.with(png.length / 2 | 0, png[png.length / 2 | 0]! ^ 1);
  const broken: [Uint8Array<ArrayBuffer>, string][] = [
    [new Uint8Array(), "the file is empty"],
    [new TextEncoder().encode("not an image"), "neither a JPEG nor a PNG"],
    [fixtureImage("colour.jpg").slice(0, 900), "the file is cut short"],
    [png.slice(0, 3000), "its pixels cannot be decoded"],
    [damaged, "its pixels cannot be decoded"],
  ];
  for (const [file, reason] of broken) {
    await assertRejects(() => decoder.decode(file, whole), BrokenImageError, reason);
  }
  // And goes on.
  assertEquals((await decoder.decode(png, centre)).length, size * size * 3);
});

Deno.test("ImageDecoder.decode() survives damaged files", async () => {
  const files = ["progressive.jpg", "cmyk.jpg", "palette.png"].map(fixtureImage);
  const changes = fc.array(fc.tuple(fc.nat(5000), fc.nat(255)), { minLength: 1, maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...files), changes, async (file, changes) => {
      const damaged = file.slice();
      for (const [at, value] of changes) damaged[at % file.length] = value;
      try {
        const pixels = await decoder.decode(damaged, whole);
        assert(pixels.every((value) => value >= 0 && value <= 255.001)); // weights sum to about 1
      } catch (error) {
        assert(error instanceof BrokenImageError, String(error));
      }
    }),
    { numRuns: 300 },
  );
});

Deno.test("ImageDecoder.decode() leaves the JavaScript thread free", async () => {
  const file = blackPng(6000, 4000);
  let [ended, turns] = [false, 0];
  const decoded = decoder.decode(file, centre).finally(() => ended = true);
  while (!ended) {
    await new Promise((resolve) => setTimeout(resolve, 1));
    turns++;
  }
  assert(turns > 5, `${turns} turns of the event loop`);
  assert((await decoded).every((value) => value === 0));
});

/** A PNG of black pixels. */
function blackPng(width: number, height: number): Uint8Array<ArrayBuffer> {
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  header.set([8, 2], 8);
  const rows = deflateSync(new Uint8Array((1 + 3 * width) * height));
  const chunks = [["IHDR", header], ["IDAT", rows], ["IEND", new Uint8Array()]] as const;
  return Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10, ...chunks.flatMap(pngChunk));
}

function pngChunk([name, data]: readonly [string, Uint8Array]): number[] {
  const body = Uint8Array.of(...new TextEncoder().encode(name), ...data);
  const numbers = new DataView(new ArrayBuffer(8));
  numbers.setUint32(0, data.length);
  numbers.setUint32(4, crc32(body));
  const [length, sum] = [0, 4].map((at) => new Uint8Array(numbers.buffer, at, 4));
  return [...length!, ...body, ...sum!];
}

/** A PNG with more chunks after its header. */
function withChunks(file: Uint8Array, ...chunks: (readonly [string, Uint8Array])[]): Uint8Array<
  ArrayBuffer
> {
  const header = 33;
  const added = Uint8Array.from(chunks.flatMap(pngChunk));
  const whole = new Uint8Array(file.length + added.length);
  whole.set(file.subarray(0, header));
  whole.set(added, header);
  whole.set(file.subarray(header), header + added.length);
  return whole;
}

/** Texts and profiles of a PNG, each of them 100 MB of zeros, packed. */
function packedTexts(): (readonly [string, Uint8Array])[] {
  const zeros = deflateSync(new Uint8Array(1e8));
  const text = (start: string) => Uint8Array.of(...new TextEncoder().encode(start), ...zeros);
  return [
    ["zTXt", text("Comment\0\0")],
    ["iTXt", text("Comment\0\u0001\0en\0\0")],
    ["iCCP", text("ICC\0\0")],
  ];
}

Deno.test("ImageDecoder.decode() shows the same pixels, whatever texts a PNG holds", async () => {
  for (const name of ["colour.png", "palette_transparent.png", "grey_alpha.png"]) {
    const file = fixtureImage(name);
    const more = withChunks(
      file,
      ["tEXt", new TextEncoder().encode("Title\0a cat")],
      ["gAMA", Uint8Array.of(0, 0, 0x12, 0x34)],
      ["sPLT", new TextEncoder().encode("p\0\u0008abcdef")],
      ...packedTexts(),
      ["eXIf", new TextEncoder().encode("MM\0*")],
    );
    assertEquals(await decoder.decode(more, centre), await decoder.decode(file, centre), name);
  }
});

Deno.test("ImageDecoder.decode() shows the pixels of a JPEG with stray bytes before a marker", async () => {
  for (const name of ["colour.jpg", "progressive.jpg"]) {
    const file = fixtureImage(name);
    const expected = await decoder.decode(file, centre);
    for (const marker of [0xdb, 0xc4, 0xda, 0xd9]) {
      const at = file.findIndex((byte, i) => byte === 0xff && file[i + 1] === marker);
      const stray = [0x12, 0xff, 0, 0x34];
      const bytes = Uint8Array.of(...file.slice(0, at), ...stray, ...file.slice(at));
      assertEquals(await decoder.decode(bytes, centre), expected, `${name}, ${marker}`);
    }
  }
});

long.test({
  name: "ImageDecoder.decode() takes a bounded memory for files that claim or unpack to much",
  ignore: Deno.build.os !== "linux",
  fn: () =>
    inFolder(async (folder) => {
      const write = (name: string, file: Uint8Array) => Deno.writeFile(join(folder, name), file);
      const png = fixtureImage("pixel.png");
      const claim = pngChunk(["tEXt", new TextEncoder().encode("a\0b")]);
      claim.splice(0, 4, 0x7f, 0xff, 0xff, 0xf0); // 2 GB
      await write("text.png", Uint8Array.of(...png.slice(0, 33), ...claim, ...png.slice(33)));
      for (let i = 0; i < 4; i++) {
        await write(`packed${i}.png`, withChunks(png, ...packedTexts()));
        await write(`bits${i}.png`, whitePng(13_300, 13_300));
        await write(`large${i}.png`, whitePng(8000, 8000));
      }
      const program = new URL("./decode_files.ts", import.meta.url);
      const { code, out, err } = await runProgram(program, [folder, "4"]);
      assertEquals([code, err], [0, ""]);
      const { outcomes, peak } = JSON.parse(out);
      assertEquals(outcomes["text.png"], "refused: the file is cut short");
      for (let i = 0; i < 4; i++) {
        assertEquals(outcomes[`packed${i}.png`], "whole");
        assertEquals(outcomes[`large${i}.png`], "whole");
        assertEquals(
          outcomes[`bits${i}.png`],
          "refused: its 13300 x 13300 pixels are more than 67108864; the option " +
            "maxPixels allows more",
        );
      }
      assert(peak < 1.2e9, `${peak} bytes`); // one large image at a time, and 0.4e9 without any
    }),
});

/** A PNG of a bit for each pixel, all white. */
function whitePng(width: number, height: number): Uint8Array<ArrayBuffer> {
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  header.set([1, 0], 8);
  const rows = new Uint8Array((1 + Math.ceil(width / 8)) * height).fill(255);
  for (let row = 0; row < height; row++) rows[row * (1 + Math.ceil(width / 8))] = 0;
  const chunks = [["IHDR", header], ["IDAT", deflateSync(rows)], [
    "IEND",
    new Uint8Array(),
  ]] as const;
  return Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10, ...chunks.flatMap(pngChunk));
}

Deno.test("ImageDecoder.decode() passes on what the view throws", async () => {
  const view = () => {
    throw new RangeError("no such view");
  };
  await assertRejects(() => decoder.decode(fixtureImage("pixel.png"), view), RangeError, "no such");
});

Deno.test("openImageDecoder() refuses options out of range", () => {
  const options = { library, normalization: IMAGENET_NORMALIZATION };
  for (
    const wrong of [{ size: 0 }, { size: 1.5 }, { threads: 0 }, { threads: NaN }, {
      maxPixels: 0,
    }, { maxPixels: 178_956_971 }]
  ) {
    assertThrows(() => openImageDecoder({ ...options, ...wrong }), RangeError);
  }
  const normalization = { mean: [0], std: [1] };
  assertThrows(() => openImageDecoder({ ...options, normalization }), TypeError, "3 channels");
  assertThrows(() => openImageDecoder({ ...options, library: "/missing.so" }), UserError);
});
