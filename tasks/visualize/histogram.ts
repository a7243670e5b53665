/**
 * How the features before and after a gate are distributed.
 *
 * @module
 */
import type { Drawing } from "./figure.ts";
import { element, escaped, line } from "./svg.ts";

/** How often features have which values, in bins of equal width from `-limit` to `limit`. */
export interface GateHistogram {
  limit: number;
  before: Float64Array;
  after: Float64Array;
}

const bins = 61;

/** An empty histogram with room for the values of these features. */
export function startHistogram(features: Float32Array): GateHistogram {
  const most = features.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
  return { limit: most || 1, before: new Float64Array(bins), after: new Float64Array(bins) };
}

/** Counts features; what lies beyond the ends counts with them. */
export function addFeatures(
  { limit, ...counts }: GateHistogram,
  features: Readonly<Record<"before" | "after", Float32Array>>,
): void {
  for (const key of ["before", "after"] as const) {
    for (const value of features[key]) {
      const bin = Math.floor((value / limit + 1) / 2 * bins);
      counts[key][Math.min(Math.max(bin, 0), bins - 1)]!++;
    }
  }
}

/** The standard deviation, as exactly as the bins tell it. */
export function deviation(counts: Float64Array, limit: number): number {
  const total = sum(counts);
  const value = (bin: number) => ((bin + 0.5) / bins * 2 - 1) * limit;
  const mean = sum(counts.map((count, bin) => count * value(bin))) / total;
  return Math.sqrt(sum(counts.map((count, bin) => count * (value(bin) - mean) ** 2)) / total);
}

function sum(values: Float64Array): number {
  return values.reduce((a, b) => a + b, 0);
}

const width = 220;
const height = 120;
const gap = 30;
const top = 44;
/** Shares from 1 down to a hundred-thousandth have a place on the axis. */
const decades = 5;

/** Draws the histograms of a network's groups side by side. */
export function drawHistograms(histograms: readonly GateHistogram[], network: string): Drawing {
  const plots = histograms.map((histogram, group) =>
    element("g", { transform: `translate(${group * (width + gap)} 0)` }, plot(histogram, group))
  );
  return {
    content: plots.join("\n"),
    width: histograms.length * (width + gap) - gap,
    height: top + height + 24,
    caption:
      `${network}: how the features of the last block of each group are distributed before ` +
      "the gate (filled) and after it (line). The share of the features in each bin is on a " +
      "logarithmic axis; sd is the standard deviation.",
  };
}

function plot({ limit, before, after }: GateHistogram, group: number): string {
  const sds = [before, after].map((counts) => deviation(counts, limit).toPrecision(3));
  const end = limit.toPrecision(2);
  const alt = `group ${group}: standard deviation ${sds[0]} before the gate, ${sds[1]} after it`;
  const ground = top + height;
  return [
    line(`group ${group}`, 0, 16, "title"),
    line(`sd ${sds[0]} before, ${sds[1]} after`, 0, 34, "faint"),
    element(
      "g",
      { role: "img", transform: `translate(0 ${top})` },
      element("title", {}, escaped(alt)),
      element("path", { d: `${steps(before)}L${width} ${height}L0 ${height}Z`, class: "before" }),
      element("path", { d: steps(after), class: "after" }),
      element("path", { d: `M0 ${height}H${width}`, class: "axis" }),
    ),
    line(`-${end}`, 0, ground + 16, "faint"),
    line("0", width / 2 - 3, ground + 16, "faint"),
    line(end, width - 7 * end.length, ground + 16, "faint"),
  ].join("");
}

/** The outline of the counts, from the left to the right. */
function steps(counts: Float64Array): string {
  const total = sum(counts);
  const points = Array.from(counts, (count, bin) => {
    const share = count / total;
    const y = share > 0 ? Math.min(1, -Math.log10(share) / decades) * height : height;
    return `${(bin / bins * width).toFixed(1)} ${y.toFixed(1)}H${
      ((bin + 1) / bins * width).toFixed(1)
    }`;
  });
  return `M${points.join("L")}`;
}
