/**
 * Tests of the table of a prediction, and of its assumptions.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import type { Setting } from "../../../tasks/scale/predict.ts";
import { assumptionsOf, predictRows, tableText } from "../../../tasks/scale/report.ts";

const setting: Setting = {
  stepMs: 100,
  batch: 128,
  fixedMs: 0,
  bytes: 1e6,
  bandwidthGbps: 8,
  latencyUs: 0,
  overlap: 0,
};

Deno.test("tableText() aligns the numbers", () => {
  assertEquals(
    tableText(predictRows(setting, [1, 2, 1000], new Map())),
    `workers  step ms  exchange ms  images/s  speed-up  efficiency
      1    100.0         0.00      1280      1.00      100.0%
      2    101.0         1.00      2535      1.98       99.0%
   1000    102.0         2.00   1254927    980.41       98.0%`,
  );
});

Deno.test("tableText() shows what was measured beside the predictions, with the error", () => {
  const rows = predictRows(setting, [1, 2, 4], new Map([[1, 100], [2, 202]]));
  assertEquals(rows.map(({ errorPercent }) => errorPercent), [0, -50, undefined]);
  assertEquals(
    tableText(rows),
    `workers  step ms  exchange ms  images/s  speed-up  efficiency  measured ms   error
      1    100.0         0.00      1280      1.00      100.0%        100.0    0.0%
      2    101.0         1.00      2535      1.98       99.0%        202.0  -50.0%
      4    101.5         1.50      5044      3.94       98.5%`,
  );
});

Deno.test("assumptionsOf() says what the table takes for granted", () => {
  const from = { stepFrom: "--step-ms", exchanged: "--gradient-mb" };
  const first = "A step of one worker takes 100 ms for 128 images (--step-ms).";
  const middle = [
    "In each step 1 MB are exchanged (--gradient-mb).",
    "Each worker is on a host of its own, with a link of 8 Gbit/s in each direction and 0 µs of latency.",
    "The exchange is a ring all-reduce: 2 (N-1)/N * bytes / bandwidth + 2 (N-1) * latency (Patarasuk " +
    "and Yuan 2009; Thakur et al. 2005). Adding takes no time.",
  ];
  const last = "All workers are equally fast, and none waits for data.";
  assertEquals(assumptionsOf({ setting, ...from }), [
    first,
    "Each worker has 128 images, so the whole batch grows (weak scaling).",
    ...middle,
    "The exchange comes after the backward pass, as in this library.",
    last,
  ]);
  const other = { ...setting, totalBatch: 256, fixedMs: 5, overlap: 0.5 };
  assertEquals(assumptionsOf({ setting: other, ...from }), [
    first,
    "All workers share 256 images (strong scaling). The one with the most decides.",
    "Of the step of one worker, 5 ms stay for any batch (--fixed-ms); the rest is proportional to " +
    "its images.",
    ...middle,
    "50% of the exchange run beside the backward pass (--overlap), at most as long as the worker " +
    "computes. This library does not do so.",
    last,
  ]);
});
