/** Tests of the parts of a data set. @module */
import { assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import { type Cifar, loadCifar } from "../../../lib/data/cifar.ts";
import { dataDigest, holdOut } from "../../../lib/data/split.ts";

const sample = await loadCifar({ dataset: "CIFAR10-sample" });

Deno.test("holdOut() parts the training images, and leaves the test images out", () => {
  const { train, test } = holdOut(sample, 300);
  assertEquals([train.size, test.size], [1700, 300]);
  assertEquals([...train.labels, ...test.labels], [...sample.train.labels]);
  const joined = new Uint8Array([...train.images, ...test.images]);
  assertEquals(joined, sample.train.images);
  assertEquals(test.classes, sample.train.classes);
});

Deno.test("holdOut() names a number that cannot be held out", () => {
  for (const count of [0, -1, 1.5, NaN, 2000, 2001]) {
    assertThrows(() => holdOut(sample, count), RangeError, `Cannot hold out ${count} of 2000`);
  }
});

Deno.test("dataDigest() tells data sets apart by one pixel or one label", async () => {
  const digest = await dataDigest(sample);
  assertEquals(digest, await dataDigest(await loadCifar({ dataset: "CIFAR10-sample" })));
  const change = (part: "train" | "test", field: "images" | "labels"): Cifar => {
    const values = sample[part][field].slice();
    values[5]! ^= 1;
    return { ...sample, [part]: { ...sample[part], [field]: values } };
  };
  for (const part of ["train", "test"] as const) {
    for (const field of ["images", "labels"] as const) {
      assertNotEquals(digest, await dataDigest(change(part, field)));
    }
  }
});
