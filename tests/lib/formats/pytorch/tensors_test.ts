/**
 * Layouts of tensors: any strides and offsets, against a plain sum of products.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  ElementType,
  StorageObject,
  TensorObject,
} from "../../../../lib/formats/pytorch/objects.ts";
import { placeTensor, readTensor } from "../../../../lib/formats/pytorch/tensors.ts";

/** Tensors that lie within their storage. */
const layouts = fc.record({
  sides: fc.array(
    fc.record({ side: fc.integer({ min: 0, max: 4 }), stride: fc.integer({ min: 0, max: 20 }) }),
    { maxLength: 4 },
  ),
  offset: fc.nat({ max: 5 }),
  start: fc.nat({ max: 5 }),
});

function placesOf(sides: { side: number; stride: number }[]): number[] {
  return sides.reduce(
    (places, { side, stride }) =>
      places.flatMap((place) => Array.from({ length: side }, (_, i) => place + i * stride)),
    [0],
  );
}

Deno.test("readTensor() puts the elements of any layout in a row", () => {
  fc.assert(fc.property(layouts, fc.boolean(), ({ sides, offset, start }, bigEndian) => {
    const places = placesOf(sides);
    const size = offset + Math.max(0, ...places) + 1;
    const elements = Int16Array.from({ length: start + size }, (_, i) => 300 + i);
    const view = new DataView(new ArrayBuffer(elements.byteLength));
    elements.forEach((element, i) => view.setInt16(2 * i, element, !bigEndian));
    const type = new ElementType("torch.ShortStorage", "I16", 2);
    const storage = new StorageObject("0", type, start + size, { start, size });
    const shape = sides.map(({ side }) => side);
    const strides = sides.map(({ stride }) => stride);
    const placed = placeTensor("w", new TensorObject({ storage, offset, shape, strides }));
    const { data, ...rest } = readTensor(placed, new Uint8Array(view.buffer), bigEndian);
    assertEquals(rest, { dtype: "I16", shape });
    const expected = places.map((place) => elements[start + offset + place]);
    assertEquals(Array.from(new Int16Array(data.slice().buffer)), expected);
  }));
});

Deno.test("readTensor() copies nothing where the elements are in a row already", () => {
  const type = new ElementType("torch.FloatStorage", "F32", 4);
  const storage = new StorageObject("0", type, 12, { start: 0, size: 12 });
  const bytes = new Uint8Array(48);
  const read = (strides: number[]) => {
    const layout = { storage, offset: 1, shape: [2, 1, 3], strides };
    return readTensor(placeTensor("w", new TensorObject(layout)), bytes, false).data;
  };
  assert(read([3, 3, 1]).buffer === bytes.buffer);
  assert(read([3, 99, 1]).buffer === bytes.buffer);
  assert(read([1, 1, 2]).buffer !== bytes.buffer);
  assertEquals(read([3, 3, 1]).byteOffset, 4);
});
