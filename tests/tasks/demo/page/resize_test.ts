/**
 * Tests of resized images beside torchvision's.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { decode } from "fast-png";
import { centerView } from "../../../../lib/images/view.ts";
import { randomStream } from "../../../../lib/random.ts";
import { resized, type Rgba } from "../../../../tasks/demo/page/resize.ts";
import { assertClose, readFixture } from "../../../parity.ts";

const fixture = await readFixture("images/expected");
const size: number = JSON.parse(fixture.metadata.crop!);
const resize: number = JSON.parse(fixture.metadata.resize!);

/** A picture with an opacity, as on a canvas. */
function rgba(data: ArrayLike<number>, height: number, width: number): Rgba {
  const pixels = Array.from({ length: height * width }, (_, i) => [
    ...[0, 1, 2].map((channel) => data[3 * i + channel]!),
    255,
  ]);
  return { data: Uint8ClampedArray.from(pixels.flat()), height, width };
}

Deno.test("resized() shows the middle of an image as torchvision does", async () => {
  const file = new URL("../../../fixtures/images/colour.png", import.meta.url);
  const { data, height, width, channels } = decode(await Deno.readFile(file));
  assertEquals(channels, 3);
  const view = centerView({ height, width }, { size, resize });
  const ours = resized(rgba(data, height, width), view, size);
  // Pillow rounds twice, after each direction.
  assertClose(
    { shape: [size, size, 3], data: ours },
    fixture.get("colour.png/eval"),
    { atol: 1 },
    "eval",
  );
});

Deno.test("resized() leaves an image of the right size as it is", () => {
  const { integer } = randomStream(1, 0);
  const data = Uint8Array.from({ length: 32 * 32 * 3 }, () => integer(256));
  const view = centerView({ height: 32, width: 32 }, { size: 32, resize: 32 });
  assertEquals(resized(rgba(data, 32, 32), view, 32), Float32Array.from(data));
});

Deno.test("resized() keeps one colour, from a pixel to a wide image", () => {
  for (const [height, width] of [[1, 1], [1, 900], [33, 31], [700, 64]] as const) {
    const data = Array.from({ length: height * width }, () => [10, 200, 30]).flat();
    const view = centerView({ height, width }, { size: 32, resize: 37 });
    const result = resized(rgba(data, height, width), view, 32);
    assert(result.every((value, i) => Math.abs(value - [10, 200, 30][i % 3]!) < 1e-4));
  }
});
