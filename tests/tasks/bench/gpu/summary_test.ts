/**
 * Tests of the summary of `deno task bench --gpu`.
 *
 * @module
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { medianOf, summaryOf } from "../../../../tasks/bench/gpu/summary.ts";
import { reportOf } from "./reports.ts";

const known = { step: "WRN-16-1", batch: 128, precision: "float32" };
const steps = [
  { ...known, program: "ours, op by op", firstCallSeconds: 2, milliseconds: [10, 12, 11] },
  { ...known, program: "ours, XLA", firstCallSeconds: 30, milliseconds: [5, 4, 6] },
  { ...known, program: "PyTorch eager", milliseconds: [20] },
  { ...known, program: "PyTorch compile", failed: "not ready: not done after 40 s" },
];
const ceilings = [
  { ceiling: "product", precision: "float32", perSecond: 1e12 },
  { ceiling: "product, TF32", precision: "float32", perSecond: 4e12 },
  { ceiling: "copy", precision: "float32", perSecond: 1e12 },
  { step: "WRN-16-1", batch: 64, multiplyAdds: 4e9, bytes: 1e9 },
];

Deno.test("summaryOf() holds our faster program against PyTorch's", () => {
  const text = summaryOf(reportOf({ steps }));
  assertStringIncludes(text, "Some card, 1000 MiB, driver 1; Some CPU, 4 processors, linux");
  assertStringIncludes(text, "| WRN-16-1 | 128 | float32 | 11 | 5 | 20 | 0.25 | - |");
  assertStringIncludes(text, "- WRN-16-1, 128, float32, PyTorch compile: not ready");
});

Deno.test("summaryOf() gives the least time of a step at the measured rates", () => {
  const text = summaryOf(reportOf({ steps, ceilings }));
  // 8e9 multiply-adds at 4e12 a second, and 2e9 bytes at 1e12 a second.
  assertStringIncludes(text, "| WRN-16-1 | 128 | float32 | 2 | 2 | 5 | 2.50 |");
  assertStringIncludes(text, "product, TF32, float32 4000; memory 1000 GB/s");
});

Deno.test("summaryOf() shows the largest error of all cases, and that one is not allowed", () => {
  const finding = (gradients: number, ok: boolean) => ({
    ...{ program: "ours, XLA", setting: "float32", case: "x", against: "float64", ok },
    errors: { forward: 1e-7, loss: 0, gradients, steps: 1e-6 },
  });
  const text = summaryOf(reportOf({ parity: [finding(1e-6, true), finding(2e-3, false)] }));
  assertStringIncludes(text, "| ours, XLA | float32 | 2 | 1.0e-7 (1e-5) |");
  assertStringIncludes(text, "| 2.0e-3 (1e-4) | 1.0e-6 (2e-3) | NO |");
  assert(summaryOf(reportOf({ parity: [finding(1e-6, true)] })).includes("| yes |"));
});

Deno.test("summaryOf() counts an error that JSON could not hold as too large", () => {
  const errors = { forward: null, loss: 0, gradients: 0, steps: 0 };
  const finding = { program: "p", setting: "float32", case: "x", against: "y", errors, ok: false };
  assertStringIncludes(summaryOf(reportOf({ parity: [finding] })), "| p | float32 | 1 | Infinity");
});

Deno.test("summaryOf() sets first calls with empty and with full caches side by side", () => {
  const again = { ...known, program: "ours, XLA", firstCallSeconds: 3, peakBytes: 6e8 };
  const memory = [{ ...again, gpuBytes: 2e9 }];
  const text = summaryOf(reportOf({ steps, memory }));
  assertStringIncludes(text, "| WRN-16-1 | 128 | ours, XLA | 30 | 3 |");
  assertStringIncludes(text, "| WRN-16-1 | 128 | ours, XLA | 2000 | - | 600 |");
});

Deno.test("summaryOf() says which sections are not done, and leaves out what is not there", () => {
  const report = reportOf({});
  const cut = { state: "cut off", reason: "its 5 s were over", seconds: 5, limit: 5 } as const;
  report.sections["parity"] = { ...cut, findings: [] };
  report.smaller = ["two steps"];
  const text = summaryOf({ ...report, device: "CPU", card: null });
  assertStringIncludes(text, "no GPU: all of it ran on the CPU");
  assertStringIncludes(text, "Smaller than on a GPU: two steps.");
  assertStringIncludes(text, 'Section "parity" was cut off: its 5 s were over.');
  assert(!text.includes("|"), text);
});

Deno.test("medianOf() is that of the milliseconds", () => {
  assertEquals(medianOf({ milliseconds: [3, 1, 2] }), 2);
});
