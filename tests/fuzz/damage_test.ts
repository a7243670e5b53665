/**
 * What damages files: the same numbers make the same damage, and nothing else is touched.
 *
 * @module
 */
import { assert, assertEquals, assertNotEquals } from "@std/assert";
import fc from "fast-check";
import { randomStream } from "../../lib/random.ts";
import { damage, type Field, readField, writeField } from "./bytes.ts";
import {
  hdf5Fields,
  jpegFields,
  pngFields,
  safetensorsFields,
  tarFields,
  zipFields,
} from "./fields.ts";
import { damageJson } from "./json.ts";
import { repairPng } from "./png.ts";
import { readFixtures } from "./targets/seeds.ts";

const files = {
  safetensors: "hdf5/tensors.safetensors",
  zip: "pytorch/tensors.pth",
  jpeg: "images/colour.jpg",
  png: "images/colour.png",
  hdf5: "hdf5/tensors.h5",
};
type Kind = keyof typeof files;

function read(kind: Kind): Uint8Array<ArrayBuffer> {
  return readFixtures([files[kind]])[0]!;
}

Deno.test("damage() does the same again, and leaves the file as it is", () => {
  const file = read("png");
  const before = file.slice();
  const others = [read("jpeg")];
  const damaged = (seed: number) =>
    damage(file, randomStream(seed), { fields: pngFields(file), others });
  const seen = new Set(Array.from({ length: 500 }, (_, seed) => {
    assertEquals(damaged(seed), damaged(seed));
    return String(damaged(seed));
  }));
  assert(seen.size > 480, `${seen.size} of 500 differ`);
  assertEquals(file, before);
});

Deno.test("damage() takes files of any length", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 40 }), fc.nat(), (file, seed) => {
    const fields = [{ at: 0, size: 8 }, { at: 3, size: 2 }];
    damage(file, randomStream(seed), { fields, others: [file, new Uint8Array()] });
  }));
});

Deno.test("readField() gives what writeField() was given, of any size and order", () => {
  const size = fc.constantFrom(1, 2, 4, 8);
  fc.assert(
    fc.property(
      size,
      fc.boolean(),
      fc.bigInt({ min: 0n, max: 2n ** 64n }),
      (size, bigEndian, value) => {
        const bytes = new Uint8Array(10).fill(7);
        const field: Field = { at: 1, size, bigEndian };
        writeField(bytes, field, value);
        assertEquals(readField(bytes, field), BigInt.asUintN(8 * size, value));
        assertEquals([bytes[0], bytes[size + 1]], [7, 7]);
      },
    ),
  );
});

Deno.test("readField() and writeField() know tar's digits", () => {
  const bytes = new TextEncoder().encode("00000006001\0");
  const field: Field = { at: 0, size: 12, octal: true };
  assertEquals(readField(bytes, field), 3073n);
  writeField(bytes, field, 8n);
  assertEquals(new TextDecoder().decode(bytes), "00000000010\0");
});

Deno.test("the fields of each format are in the file, and are its lengths", () => {
  const find = { safetensors: safetensorsFields, zip: zipFields, jpeg: jpegFields, png: pngFields };
  for (const [kind, fieldsOf] of Object.entries({ ...find, hdf5: hdf5Fields })) {
    const file = read(kind as Kind);
    const fields = fieldsOf(file);
    assert(fields.length > 0 && fields.every(({ at, size }) => at + size <= file.length), kind);
    assertEquals(fieldsOf(new Uint8Array()), [], kind);
  }
  const values = (kind: Kind, fields: Field[]) =>
    fields.map((field) => readField(read(kind), field));
  assert(values("jpeg", jpegFields(read("jpeg"))).includes(61n), "the width of a JPEG");
  assert(values("png", pngFields(read("png"))).includes(47n), "the height of a PNG");
  assert(values("hdf5", hdf5Fields(read("hdf5"))).includes(8192n), "the length of an HDF5 file");
  assertEquals(tarFields(read("png")), []);
});

Deno.test("damageJson() does the same again, and changes something nearly always", () => {
  const json = JSON.stringify({ a: [1, 2, { b: "c" }], d: null, e: "text" });
  const changed = Array.from({ length: 500 }, (_, seed) => {
    assertEquals(damageJson(json, randomStream(seed)), damageJson(json, randomStream(seed)));
    return damageJson(json, randomStream(seed)) !== json;
  }).filter(Boolean);
  assert(changed.length > 450, `${changed.length} of 500 are changed`);
  assertEquals(damageJson("no JSON", randomStream(0)), "no JSON");
});

Deno.test("repairPng() writes the checksums that a sound PNG has", () => {
  const file = read("png");
  const repaired = file.slice();
  repairPng(repaired);
  assertEquals(repaired, file);
  repaired[20]! ^= 1;
  const damaged = repaired.slice();
  repairPng(repaired);
  assertNotEquals(repaired, damaged);
});
