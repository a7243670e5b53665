/**
 * Tests of the predicted step times: against a ring that is simulated, and at the limits.
 *
 * @module
 */
import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { predict, ringAllReduceMs, type Setting } from "../../../tasks/scale/predict.ts";

const setting: Setting = {
  stepMs: 112,
  batch: 128,
  fixedMs: 0,
  bytes: 704_000,
  bandwidthGbps: 10,
  latencyUs: 50,
  overlap: 0,
};
const counts = [1, 2, 3, 4, 7, 16, 100, 1024];

/**
 * Adds up the vectors of a ring of workers as messages between neighbours, and returns the milliseconds
 * of all rounds. Worker w has w + 1 everywhere, so a wrong route gives a wrong sum.
 */
function simulateRing(workers: number, { bytes, bandwidthGbps, latencyUs }: Setting): number {
  const vectors = Array.from({ length: workers }, (_, w) => Array<number>(workers).fill(w + 1));
  let seconds = 0;
  const round = (pieceOf: (worker: number) => number, adds: boolean) => {
    const messages = vectors.map((vector, w) => vector[pieceOf(w) % workers]!);
    for (const [w, value] of messages.entries()) {
      const next = vectors[(w + 1) % workers]!;
      const piece = pieceOf(w) % workers;
      next[piece] = adds ? next[piece]! + value : value;
    }
    const bits = 8 * bytes / workers;
    seconds += latencyUs * 1e-6 + bits / (bandwidthGbps * 1e9);
  };
  for (let r = 0; r < workers - 1; r++) round((w) => w - r + workers, true);
  for (let r = 0; r < workers - 1; r++) round((w) => w + 1 - r + workers, false);
  const sum = workers * (workers + 1) / 2;
  assert(vectors.flat().every((value) => value === sum), "the ring did not add up");
  return 1000 * seconds;
}

Deno.test("ringAllReduceMs() is the time of a ring that is simulated message by message", () => {
  for (const workers of counts.slice(0, -1)) {
    const expected = simulateRing(workers, setting);
    assertAlmostEquals(ringAllReduceMs(workers, setting), expected, 1e-9 * expected);
  }
});

Deno.test("ringAllReduceMs() is 2 (N-1)/N * bytes / bandwidth + 2 (N-1) * latency", () => {
  // 10^6 bytes over 8 Gbit/s take 1 ms. Four workers: 1.5 times that, and 6 latencies of 0.1 ms.
  const link = { bytes: 1e6, bandwidthGbps: 8, latencyUs: 100 };
  assertAlmostEquals(ringAllReduceMs(4, link), 1.5 + 0.6, 1e-12);
});

Deno.test("ringAllReduceMs() approaches twice the bytes over the bandwidth, and the latencies", () => {
  const workers = 1e6;
  const bytesMs = 1000 * setting.bytes / (setting.bandwidthGbps * 1e9 / 8);
  const latenciesMs = 2 * (workers - 1) * setting.latencyUs / 1000;
  assertAlmostEquals(ringAllReduceMs(workers, setting), 2 * bytesMs + latenciesMs, 1e-5);
  assertAlmostEquals(ringAllReduceMs(workers, { ...setting, latencyUs: 0 }), 2 * bytesMs, 1e-5);
});

Deno.test("predict() of one worker is the step that was measured, without an exchange", () => {
  assertEquals(predict(setting, 1), {
    workers: 1,
    imagesPerWorker: 128,
    stepMs: 112,
    exchangeMs: 0,
    imagesPerSecond: 128_000 / 112,
    speedUp: 1,
    efficiency: 1,
  });
});

Deno.test("predict() loses nothing over a link without limits", () => {
  const perfect = { ...setting, bandwidthGbps: Infinity, latencyUs: 0 };
  for (const workers of counts) {
    const { efficiency, speedUp } = predict(perfect, workers);
    assertAlmostEquals(efficiency, 1, 1e-12);
    assertAlmostEquals(speedUp, workers, 1e-9);
    // Strong scaling too, where the images can be shared equally.
    if (1024 % workers > 0) continue;
    assertAlmostEquals(predict({ ...perfect, totalBatch: 1024 }, workers).efficiency, 1, 1e-12);
  }
});

Deno.test("predict() adds the exchange to the step, and counts the images of all workers", () => {
  for (const workers of counts) {
    const { stepMs, exchangeMs, imagesPerSecond, efficiency } = predict(setting, workers);
    assertEquals(exchangeMs, ringAllReduceMs(workers, setting));
    assertAlmostEquals(stepMs, 112 + exchangeMs, 1e-9);
    assertAlmostEquals(imagesPerSecond, workers * 128_000 / stepMs, 1e-6);
    assertAlmostEquals(efficiency, 112 / stepMs, 1e-12);
  }
});

Deno.test("predict() hides a part of the exchange, but no more than the worker computes", () => {
  const { exchangeMs } = predict(setting, 64);
  assertAlmostEquals(predict({ ...setting, overlap: 0.25 }, 64).stepMs, 112 + 0.75 * exchangeMs);
  assertEquals(predict({ ...setting, overlap: 1 }, 64).stepMs, 112);
  const slow = predict({ ...setting, overlap: 1, bandwidthGbps: 0.001 }, 64);
  assert(slow.exchangeMs > 10_000);
  assertAlmostEquals(slow.stepMs, slow.exchangeMs, 1e-6);
});

Deno.test("predict() shares a whole batch: a fixed part stays, and the most images decide", () => {
  const free = { ...setting, bandwidthGbps: Infinity, latencyUs: 0 };
  const strong = { ...free, totalBatch: 256, fixedMs: 12 };
  assertEquals(predict(strong, 1).stepMs, 12 + 2 * 100);
  assertEquals(predict(strong, 4).stepMs, 12 + 50);
  assertAlmostEquals(predict(strong, 4).efficiency, 212 / 4 / 62, 1e-12);
  const uneven = predict(strong, 3); // 85, 85 and 86 images
  assertEquals(uneven.imagesPerWorker, 86);
  assertAlmostEquals(uneven.stepMs, 12 + 100 * 86 / 128, 1e-9);
  assertAlmostEquals(uneven.imagesPerSecond, 256_000 / uneven.stepMs, 1e-6);
});
