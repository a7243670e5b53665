/**
 * Tests of images and heat maps as PNG.
 *
 * @module
 */
import { assertEquals, assertMatch } from "@std/assert";
import { decode } from "fast-png";
import { heatUri, photoUri } from "../../../tasks/visualize/png.ts";

function decoded(uri: string) {
  assertMatch(uri, /^data:image\/png;base64,/);
  return decode(Uint8Array.fromBase64(uri.slice(uri.indexOf(",") + 1)));
}

Deno.test("photoUri() holds the image's pixels", () => {
  const pixels = Float32Array.of(0, 1, 2, 253, 254, 255, 10.4, 20.6, 30, 40, 50, 60);
  const { width, height, channels, data } = decoded(photoUri(pixels, [1, 4]));
  assertEquals([width, height, channels], [4, 1, 3]);
  assertEquals([...data], [0, 1, 2, 253, 254, 255, 10, 21, 30, 40, 50, 60]);
});

Deno.test("heatUri() goes from the map's least value to its greatest, and lets the image through", () => {
  const map = { values: Float32Array.of(3, 5, 4, 3), size: [2, 2] as const };
  const { width, height, data, palette } = decoded(heatUri(map, [2, 2]));
  assertEquals([width, height, [...data]], [2, 2, [0, 255, 127, 0]]);
  assertEquals(palette?.length, 256);
  assertEquals([palette?.[0], palette?.[255]], [[0, 0, 4, 160], [252, 255, 164, 160]]);
});

Deno.test("heatUri() of equal values is dark", () => {
  const map = { values: new Float32Array(4).fill(7), size: [2, 2] as const };
  assertEquals([...decoded(heatUri(map, [2, 2])).data], [0, 0, 0, 0]);
});

Deno.test("heatUri() is as large as the image up to a limit, and never smaller than the map", () => {
  const sizeOf = (side: number, imageSide: number) => {
    const map = { values: new Float32Array(side * side), size: [side, side] as const };
    const { width, height } = decoded(heatUri(map, [imageSide, imageSide]));
    return [width, height];
  };
  assertEquals(sizeOf(8, 32), [32, 32]);
  assertEquals(sizeOf(7, 224), [112, 112]);
  assertEquals(sizeOf(224, 224), [224, 224]);
});
