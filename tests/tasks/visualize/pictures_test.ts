/**
 * Tests of the images that are shown.
 *
 * @module
 */
import { assertEquals, assertThrows } from "@std/assert";
import { UserError } from "../../../lib/errors.ts";
import { centerView } from "../../../lib/images/view.ts";
import { boxInView, picturesOfSet } from "../../../tasks/visualize/pictures.ts";

Deno.test("boxInView() moves a box with the part that is shown, and cuts it off at its ends", () => {
  // 400 x 200 becomes 512 x 256, of which 224 x 224 from (144, 16) is shown.
  const view = centerView({ width: 400, height: 200 }, { size: 224, resize: 256 });
  assertEquals(boxInView([150, 50, 250, 100], view, 224), [[48, 48, 176, 112]]);
  assertEquals(boxInView([0, 0, 400, 200], view, 224), [[0, 0, 224, 224]]);
  assertEquals(boxInView([0, 0, 100, 200], view, 224), []);
});

Deno.test("picturesOfSet() gives the images of these numbers with their classes", () => {
  const set = {
    images: Uint8Array.from({ length: 24 }, (_, i) => i),
    labels: Int32Array.of(4, 7),
    ...{ size: 2, height: 1, width: 4, channels: 3, classes: [] },
  };
  const [second, first] = picturesOfSet(set, [1, 0]);
  assertEquals([second?.label, first?.label], [7, 4]);
  assertEquals([...second!.pixels], Array.from({ length: 12 }, (_, i) => 12 + i));
  assertEquals(second?.size, [1, 4]);
  assertThrows(() => [...picturesOfSet(set, [0, 2])], UserError, "there are 2, from 0 to 1");
});
