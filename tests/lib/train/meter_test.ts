/**
 * Means over examples.
 *
 * @module
 */
import { assertAlmostEquals, assertEquals } from "@std/assert";
import {
  accuracy,
  accuracy5,
  addMeters,
  addSkipped,
  addToMeter,
  emptyMeter,
  meanLoss,
  meanTerms,
} from "../../../lib/train/meter.ts";

Deno.test("addToMeter() weighs batches by their examples", () => {
  let meter = addToMeter(emptyMeter(), {
    examples: 128,
    correct: 64,
    correct5: 100,
    loss: 5,
    terms: { entropy: 1, attention: 4 },
  });
  meter = addToMeter(meter, {
    examples: 80,
    correct: 80,
    correct5: 80,
    loss: 6.4,
    terms: { entropy: 3.6, attention: 1.4 },
  });
  assertEquals(meter.examples, 208);
  const { entropy, attention } = meanTerms(meter);
  assertAlmostEquals(entropy!, (128 * 1 + 80 * 3.6) / 208, 1e-12);
  assertAlmostEquals(attention!, (128 * 4 + 80 * 1.4) / 208, 1e-12);
  assertAlmostEquals(meanLoss(meter), (128 * 5 + 80 * 6.4) / 208, 1e-12);
  assertAlmostEquals(accuracy(meter), 100 * 144 / 208, 1e-12);
  assertAlmostEquals(accuracy5(meter), 100 * 180 / 208, 1e-12);
});

Deno.test("addToMeter() adds up as addMeters() does, and counts what is not finite", () => {
  const batch = { examples: 2, correct: 1, correct5: 2, loss: 0.25, terms: { entropy: 0.5 } };
  const one = addToMeter(emptyMeter(), batch);
  assertEquals(one, {
    ...{ examples: 2, correct: 1, correct5: 2, skipped: 0, loss: 0.5, terms: { entropy: 1 } },
  });
  assertEquals(addToMeter(one, batch), addMeters(one, one));
  const spoiled = addToMeter(addSkipped(one), { ...batch, nonFinite: 1 });
  assertEquals([spoiled.nonFinite, spoiled.skipped], [1, 1]);
});

Deno.test("addToMeter() changes no meter, and a meter survives JSON", () => {
  const empty = emptyMeter();
  const one = addToMeter(empty, {
    examples: 2,
    correct: 1,
    correct5: 2,
    loss: 0.1,
    terms: { entropy: 0.1 },
  });
  assertEquals(empty, { examples: 0, correct: 0, correct5: 0, skipped: 0, loss: 0, terms: {} });
  assertEquals(JSON.parse(JSON.stringify(one)), one);
});

Deno.test("addSkipped() counts a batch and nothing else of it", () => {
  const metrics = { examples: 2, correct: 1, correct5: 2, loss: 0.1 };
  const meter = addToMeter(addSkipped(addToMeter(emptyMeter(), metrics)), metrics);
  assertEquals(meter.skipped, 1);
  assertEquals({ ...meter, skipped: 0 }, addToMeter(addToMeter(emptyMeter(), metrics), metrics));
});
