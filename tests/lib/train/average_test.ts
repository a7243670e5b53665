/**
 * Averaged weights against PyTorch.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { assertEquals, assertThrows } from "@std/assert";
import { averageParams, copyParams } from "../../../lib/train/average.ts";
import { backends } from "../../backends.ts";
import { assertClose, readFixture, toTensors } from "../../parity.ts";

const fixture = await readFixture("training");
const { emaDecay } = JSON.parse(fixture.metadata["recipe"] ?? "{}") as { emaDecay: number };

for (const { name, use } of backends) {
  Deno.test(`averageParams() is PyTorch's AveragedModel, with buffers (${name})`, async () => {
    const run = use(averageParams);
    // The start is of no matter: the first step copies.
    let average = toTensors(fixture.under("averages/5/params"));
    for (let step = 1; step <= 5; step++) {
      const params = toTensors(fixture.under(`averages/${step}/params`));
      average = { ...await run(average, params, tf.scalar(step === 1 ? 1 : 1 - emaDecay)) };
      const expected = fixture.under(`averages/${step}/average`);
      assertEquals(Object.keys(average), Object.keys(expected));
      for (const [key, values] of Object.entries(expected)) {
        assertClose(average[key]!, values, { ofMax: 3e-7 }, `${key} after step ${step}`);
      }
    }
  });
}

Deno.test("averageParams() refuses a key without an average", () => {
  assertThrows(
    () => averageParams({}, { w: tf.scalar(1) }, tf.scalar(0.1)),
    TypeError,
    "Cannot average w: it has no average",
  );
});

Deno.test("copyParams() lives on when the parameters are freed", () => {
  const params = { w: tf.tensor1d([1, 2]) };
  const copy = copyParams(params);
  params.w.dispose();
  assertEquals([...copy.w!.dataSync()], [1, 2]);
});
