/**
 * The augmentation, against one written pixel by pixel.
 *
 * @module
 */
import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  cropAndFlip,
  type CropAndFlipOptions,
  outsidePixel,
  paddedPositions,
  type PadMode,
} from "../../../lib/data/augment.ts";
import type { ImageSet } from "../../../lib/data/image_set.ts";
import { NORMALIZATION, type Normalization } from "../../../lib/data/normalize.ts";
import { randomStream } from "../../../lib/random.ts";

const pixelScale: Normalization = { mean: [0, 0, 0], std: [1, 1, 1] };

function noise(size: number, height: number, width: number, channels: number): ImageSet {
  const { integer } = randomStream(size, height, width, channels);
  const images = Uint8Array.from({ length: size * height * width * channels }, () => integer(256));
  return { images, labels: new Int32Array(size), size, height, width, channels, classes: ["any"] };
}

/** The pixel of an image at a place that may lie outside it. */
function pixelAt(set: ImageSet, index: number, y: number, x: number, c: number, mode: PadMode) {
  const { height, width, channels } = set;
  const mirrored = (i: number, size: number) => i < 0 ? -i : i >= size ? 2 * (size - 1) - i : i;
  if (mode === "zero" && (y < 0 || y >= height || x < 0 || x >= width)) return 0;
  const [row, column] = [mirrored(y, height), mirrored(x, width)];
  return set.images[((index * height + row) * width + column) * channels + c]!;
}

function cropAndFlipByPixel(
  set: ImageSet,
  indices: Uint32Array,
  { pad, padMode, normalization: { mean, std }, random }: CropAndFlipOptions,
): Float32Array {
  const output: number[] = [];
  for (const index of indices) {
    const top = random.integer(2 * pad + 1) - pad;
    const left = random.integer(2 * pad + 1) - pad;
    const flip = random.integer(2) === 1;
    for (let y = 0; y < set.height; y++) {
      for (let x = 0; x < set.width; x++) {
        const column = left + (flip ? set.width - 1 - x : x);
        for (let c = 0; c < set.channels; c++) {
          const pixel = pixelAt(set, index, top + y, column, c, padMode);
          output.push((pixel - mean[c]!) / std[c]!);
        }
      }
    }
  }
  return Float32Array.from(output);
}

for (const padMode of ["reflect", "zero"] as const) {
  Deno.test(`cropAndFlip() equals the same done pixel by pixel, ${padMode}`, () => {
    const shapes: [number, number, number][] = [[32, 32, 4], [5, 8, 3], [6, 5, 0]];
    for (const [height, width, pad] of shapes) {
      const set = noise(40, height, width, 3);
      const indices = randomStream(1).permutation(40).subarray(0, 30);
      const options = { pad, padMode, normalization: NORMALIZATION.paper };
      assertEquals(
        cropAndFlip(set, indices, { ...options, random: randomStream(2) }).images,
        cropAndFlipByPixel(set, indices, { ...options, random: randomStream(2) }),
      );
    }
  });
}

Deno.test("cropAndFlip() gives every place and both directions equally often", () => {
  // One white pixel in the middle tells where the crop was; a faint one beside it, the direction.
  const images = new Uint8Array(7 * 7);
  images[3 * 7 + 3] = 255;
  images[3 * 7 + 4] = 1;
  const set = { ...noise(1, 7, 7, 1), images };
  const counts = new Map<string, number>();
  const random = randomStream(3);
  for (let i = 0; i < 9_000; i++) {
    const { images: output } = cropAndFlip(set, Uint32Array.of(0), {
      pad: 1,
      padMode: "zero",
      normalization: { mean: [0], std: [1] },
      random,
    });
    const at = output.indexOf(255);
    const direction = output[at + 1] === 1 ? "kept" : "flipped";
    counts.set(`${at} ${direction}`, (counts.get(`${at} ${direction}`) ?? 0) + 1);
  }
  assertEquals(counts.size, 18);
  for (const [outcome, count] of counts) {
    assert(Math.abs(count - 500) < 110, `${outcome}: ${count}`);
  }
});

Deno.test("cropAndFlip() pads with black as it is before the normalisation", () => {
  const set = { ...noise(1, 1, 1, 3), images: Uint8Array.of(255, 255, 255) };
  const { mean, std } = NORMALIZATION.repdistiller;
  const black = Float32Array.from(mean, (value, c) => -value / std[c]!);
  const { images: output } = cropAndFlip(set, new Uint32Array(50), {
    pad: 1,
    padMode: "zero",
    normalization: NORMALIZATION.repdistiller,
    random: randomStream(4),
  });
  const pixels = Array.from({ length: 50 }, (_, i) => output.slice(3 * i, 3 * i + 3));
  const white = Float32Array.from(mean, (value, c) => (255 - value) / std[c]!);
  for (const pixel of pixels) assertEquals(pixel, pixel[0]! > 0 ? white : black);
  assert(pixels.some((pixel) => pixel[0]! < 0));
  assert(pixels.some((pixel) => pixel[0]! > 0));
});

Deno.test("cropAndFlip() leaves the set as it is", () => {
  const set = noise(4, 8, 8, 3);
  const before = set.images.slice();
  cropAndFlip(set, Uint32Array.of(0, 1, 2, 3), {
    pad: 2,
    padMode: "reflect",
    normalization: pixelScale,
    random: randomStream(5),
  });
  assertEquals(set.images, before);
});

Deno.test("cropAndFlip() refuses a normalisation of another number of channels", () => {
  const options = {
    pad: 1,
    padMode: "zero",
    normalization: pixelScale,
    random: randomStream(6),
  } as const;
  assertThrows(() => cropAndFlip(noise(1, 2, 2, 1), Uint32Array.of(0), options), TypeError);
});

// python3 -c 'import numpy as np; print(np.pad(np.arange(N), PAD, mode="reflect"))'
Deno.test("paddedPositions() reflects as NumPy does, the edge not repeated", () => {
  assertEquals([...paddedPositions(5, 3, "reflect")], [3, 2, 1, 0, 1, 2, 3, 4, 3, 2, 1]);
  assertEquals([...paddedPositions(3, 4, "reflect")], [0, 1, 2, 1, 0, 1, 2, 1, 0, 1, 2]);
  assertEquals([...paddedPositions(1, 2, "reflect")], [0, 0, 0, 0, 0]);
  assertEquals([...paddedPositions(3, 0, "reflect")], [0, 1, 2]);
});

Deno.test("paddedPositions() marks what is outside where the padding is zero", () => {
  assertEquals([...paddedPositions(3, 2, "zero")], [
    outsidePixel,
    outsidePixel,
    0,
    1,
    2,
    outsidePixel,
    outsidePixel,
  ]);
});
