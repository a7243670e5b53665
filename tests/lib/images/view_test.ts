/**
 * Which part of an image a network is shown.
 *
 * @module
 */
import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { centerView, randomView } from "../../../lib/images/view.ts";
import { randomStream } from "../../../lib/random.ts";
import { readFixture } from "../../parity.ts";

const { metadata } = await readFixture("images/expected");
const side = fc.integer({ min: 1, max: 3000 });
const seed = fc.integer({ min: 0, max: 2 ** 32 - 1 });

Deno.test("centerView() resizes and crops where torchvision does", () => {
  const rule: [[number, number], number[]][] = JSON.parse(metadata.centreRule!);
  assert(rule.length > 5);
  for (const [[height, width], expected] of rule) {
    const { resized, top, left } = centerView({ height, width }, { size: 224, resize: 256 });
    assertEquals([resized.height, resized.width, top, left], expected, `${height} x ${width}`);
  }
});

Deno.test("centerView() refuses to resize to less than it shows", () => {
  const options = { size: 224, resize: 223 };
  assertThrows(() => centerView({ height: 500, width: 300 }, options), RangeError, "223");
});

Deno.test("randomView() stays inside of the image, and its area and ratio in range", () => {
  fc.assert(
    fc.property(side, side, seed, (height, width, seed) => {
      const { box, resized } = randomView({ height, width }, { size: 224 }, randomStream(seed));
      assert(box.top >= 0 && box.left >= 0 && box.height >= 1 && box.width >= 1);
      assert(box.top + box.height <= height && box.left + box.width <= width);
      assertEquals(resized, { height: 224, width: 224 });
      if (Math.min(height, width) < 40) return; // whole pixels are too coarse for the rest
      // Rounding moves either side by half a pixel at most; the middle part has no least area.
      const ratios = [(box.width + 1) / (box.height - 1), (box.width - 1) / (box.height + 1)];
      assert(ratios[0]! >= 3 / 4 && ratios[1]! <= 4 / 3, `${ratios}`);
      if (width / height < 2 && height / width < 2) {
        assert((box.height + 1) * (box.width + 1) >= 0.08 * height * width);
      }
    }),
    { numRuns: 2000 },
  );
});

Deno.test("randomView() takes the middle that torchvision takes where no draw fits", () => {
  const rule: [[number, number], number[]][] = JSON.parse(metadata.fallbackRule!);
  assert(rule.length > 10);
  for (const [[height, width], expected] of rule) {
    const options = { size: 224, area: [5, 6] as const };
    const { box } = randomView({ height, width }, options, randomStream(0));
    assertEquals([box.top, box.left, box.height, box.width], expected, `${height} x ${width}`);
  }
});

Deno.test("randomView() draws areas uniformly, ratios log-uniformly, and flips half the time", () => {
  const count = 4000;
  let [area, logRatio, flips, squares] = [0, 0, 0, 0];
  for (let i = 0; i < count; i++) {
    const image = { height: 4000, width: 4000 }; // large, so that next to no draw is refused
    const { box, flip } = randomView(image, { size: 224, area: [0.1, 0.5] }, randomStream(i));
    area += box.height * box.width / image.height / image.width / count;
    const log = Math.log(box.width / box.height);
    logRatio += log / count;
    squares += log * log / count;
    flips += Number(flip) / count;
  }
  assert(Math.abs(area - 0.3) < 0.01, `mean area ${area}`);
  assert(Math.abs(logRatio) < 0.01, `mean log ratio ${logRatio}`);
  const variance = Math.log(4 / 3) ** 2 / 3; // of the uniform distribution on either side of 0
  assert(Math.abs(squares / variance - 1) < 0.06, `variance ${squares}, expected ${variance}`);
  assert(Math.abs(flips - 0.5) < 0.03, `${flips} are flipped`);
});

Deno.test("randomView() refuses ranges that are none", () => {
  const image = { height: 50, width: 60 };
  for (const range of [[0, 1], [1, 0.5], [-1, 1], [0.1, Infinity], [NaN, 1]] as const) {
    for (const name of ["area", "ratio"]) {
      const options = { size: 224, [name]: range };
      assertThrows(() => randomView(image, options, randomStream(0)), RangeError, name);
    }
  }
});

Deno.test("centerView() refuses sizes that are no numbers", () => {
  const image = { height: 50, width: 60 };
  for (const [size, resize] of [[10, NaN], [NaN, 10], [10, 9]] as const) {
    assertThrows(() => centerView(image, { size, resize }), RangeError, "resize must be at least");
  }
});
