/** Tests of which attributes of kernels must be whole numbers. @module */
import { assertThrows } from "@std/assert";
import { checkWholeNumbers } from "../../../../lib/backend/kernels/whole_numbers.ts";

Deno.test("checkWholeNumbers() takes whole numbers of 32 bits, in lists too, and what is left out", () => {
  checkWholeNumbers("Reshape", { shape: [2, -1, 2 ** 31 - 1, -(2 ** 31)] });
  checkWholeNumbers("PadV2", { paddings: [[0, 1], [2, 3]] });
  checkWholeNumbers("TopK", {});
  checkWholeNumbers("TopK", undefined);
  checkWholeNumbers("LeakyRelu", { alpha: 0.5 }); // need not be
});

Deno.test("checkWholeNumbers() names the kernel, the attribute and the value", () => {
  const message = "Cannot run PadV2: paddings is [0,1,2,0.5], and 0.5 is no whole number";
  assertThrows(
    () => checkWholeNumbers("PadV2", { paddings: [[0, 1], [2, 0.5]] }),
    RangeError,
    message,
  );
  for (const k of [NaN, Infinity, 2 ** 31, -(2 ** 31) - 1]) {
    assertThrows(() => checkWholeNumbers("TopK", { k }), RangeError, `and ${k} is no whole number`);
  }
});
