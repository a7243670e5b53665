/**
 * Histograms of the features before and after a gate.
 *
 * @module
 */
import type { Drawing } from "./figure.ts";
import { element, escaped, line } from "./svg.ts";

/** Counts of feature values in many bins of equal width, from `-limit` to `limit`. */
export interface GateHistogram {
  limit: number;
  before: Float64Array;
  after: Float64Array;
}

/** Enough bins that statistics are as good as from the features themselves. */
const fineBins = 2 ** 16;

/** An empty histogram with room for values like these. */
export function startHistogram(features: Float32Array): GateHistogram {
  const most = features.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
  // Other images may have larger values.
  const limit = most > 0 ? 2 * most : 1;
  return { limit, before: new Float64Array(fineBins), after: new Float64Array(fineBins) };
}

/**
 * Counts features; values beyond the limits go into the outermost bins.
 *
 * @throws {RangeError} If a value is NaN.
 */
export function addFeatures(
  { limit, ...counts }: GateHistogram,
  features: Readonly<Record<"before" | "after", Float32Array>>,
): void {
  for (const key of ["before", "after"] as const) {
    for (const value of features[key]) {
      const bin = Math.floor((value / limit + 1) / 2 * fineBins);
      if (Number.isNaN(bin)) throw new RangeError(`Cannot count features: one of them is ${value}`);
      counts[key][Math.min(Math.max(bin, 0), fineBins - 1)]!++;
    }
  }
}

/** Statistics of the features on one side of a gate. */
interface Spread {
  /** The standard deviation. */
  deviation: number;
  /** The fraction of features smaller than a tenth of the standard deviation. */
  nearZero: number;
  /** The fraction of features larger than three standard deviations. */
  large: number;
  /** The fractions in bins from -{@linkcode axisEnd} to {@linkcode axisEnd} standard deviations. */
  shares: Float64Array;
}

const axisEnd = 8;
const bins = 64;

/** The statistics of counted features. */
export function spreadOf(counts: Float64Array, limit: number): Spread {
  const share = 1 / counts.reduce((a, b) => a + b, 0);
  const values = Array.from(counts, (_, bin) => ((bin + 0.5) / fineBins * 2 - 1) * limit);
  const mean = values.reduce((sum, value, bin) => sum + value * counts[bin]! * share, 0);
  const deviation = Math.sqrt(
    values.reduce((sum, value, bin) => sum + (value - mean) ** 2 * counts[bin]! * share, 0),
  );
  const spread = { deviation, nearZero: 0, large: 0, shares: new Float64Array(bins) };
  for (const [bin, value] of values.entries()) {
    const size = Math.abs(value) / deviation;
    const part = counts[bin]! * share;
    if (size < 0.1) spread.nearZero += part;
    if (size > 3) spread.large += part;
    const place = Math.floor((value / deviation / axisEnd + 1) / 2 * bins);
    spread.shares[Math.min(Math.max(place, 0), bins - 1)]! += part;
  }
  return spread;
}

const width = 220;
const height = 120;
const gap = 30;
const top = 72;
/** The axis shows fractions from 1 down to 10^-5. */
const decades = 5;

/** Draws the histograms of a network's groups side by side. */
export function drawHistograms(
  histograms: ReadonlyMap<number, GateHistogram>,
  network: string,
): Drawing {
  const plots = Array.from(
    histograms,
    ([group, histogram], i) =>
      element("g", { transform: `translate(${i * (width + gap)} 0)` }, plot(histogram, group)),
  );
  return {
    content: plots.join("\n"),
    width: histograms.size * (width + gap) - gap,
    height: top + height + 24,
    caption:
      `${network}: how the features of the last block of each group are distributed before ` +
      "the gate (filled) and after it (line), each in its own standard deviations (sd). The share " +
      "of the features in each bin is on a logarithmic axis.",
  };
}

function plot({ limit, ...counts }: GateHistogram, group: number): string {
  const [before, after] = [spreadOf(counts.before, limit), spreadOf(counts.after, limit)];
  const change = (f: (spread: Spread) => string) => `${f(before)} → ${f(after)}`;
  const lines = [
    `sd ${change(({ deviation }) => deviation.toPrecision(3))}`,
    `less than 0.1 sd: ${change(({ nearZero }) => percent(nearZero))}`,
    `more than 3 sd: ${change(({ large }) => percent(large))}`,
  ];
  const ground = top + height;
  return [
    line(`group ${group}`, 0, 16, "title"),
    ...lines.map((text, i) => line(text, 0, 32 + 16 * i, "faint")),
    element(
      "g",
      { role: "img", transform: `translate(0 ${top})` },
      element("title", {}, escaped(`group ${group}, before → after the gate: ${lines.join("; ")}`)),
      element("path", {
        d: `${outline(before)}L${width} ${height}L0 ${height}Z`,
        class: "before",
      }),
      element("path", { d: outline(after), class: "after" }),
      element("path", { d: `M0 ${height}H${width}`, class: "axis" }),
    ),
    line(`-${axisEnd} sd`, 0, ground + 16, "faint"),
    line("0", width / 2 - 4, ground + 16, "faint"),
    line(`${axisEnd} sd`, width - 26, ground + 16, "faint"),
  ].join("");
}

function percent(share: number): string {
  return `${Number((100 * share).toPrecision(2))}%`;
}

function outline({ shares }: Spread): string {
  const steps = Array.from(shares, (share, bin) => {
    const y = share > 0 ? Math.min(1, -Math.log10(share) / decades) * height : height;
    const [left, right] = [bin, bin + 1].map((edge) => (edge / bins * width).toFixed(1));
    return `${left} ${y.toFixed(1)}H${right}`;
  });
  return `M${steps.join("L")}`;
}
