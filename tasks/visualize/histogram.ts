/**
 * Draws histograms of the features before and after a gate.
 *
 * @module
 */
import type { Drawing } from "./figure.ts";
import type { GateSpread, Spread } from "./gate_spread.ts";
import { drawPlots, type Plot, plotWidth } from "./plots.ts";
import { element } from "./svg.ts";

const height = 120;
/** The axis ends at this many standard deviations. */
const axisEnd = 8;
/** The axis shows fractions from 1 down to 10^-5. */
const decades = 5;

/** Draws the histograms of a network's groups side by side. */
export function drawHistograms(
  spreads: ReadonlyMap<number, GateSpread>,
  network: string,
  images: number,
): Drawing {
  return drawPlots(
    Array.from(spreads, ([group, spread]) => plotOf(spread, group)),
    height,
    `${network}: how the features of the last block of each group are distributed over ` +
      `${images} images, before the gate (filled) and after it (line). sd is the standard ` +
      "deviation before the gate. The share of the features in each bin of 0.25 sd is on a " +
      "logarithmic axis, from 1 down to 0.00001; those beyond 8 sd are in the outermost bins.",
  );
}

function plotOf({ before, after }: GateSpread, group: number): Plot {
  const change = (f: (spread: Spread) => string) => `${f(before)} → ${f(after)}`;
  const notes = [
    `mean ${change(({ mean }) => mean.toPrecision(3))}`,
    `variance ${change(({ variance }) => variance.toPrecision(3))}`,
    `less than 0.05 sd: ${change(({ nearZero }) => percent(nearZero))}`,
  ];
  const filled = `${outline(before)}L${plotWidth} ${height}L0 ${height}Z`;
  return {
    title: `group ${group}`,
    notes,
    alt: `group ${group}, before → after the gate: ${notes.join("; ")}`,
    content: [
      element("path", { d: filled, class: "before" }),
      element("path", { d: outline(after), class: "after" }),
    ],
    ticks: [
      [0, `-${axisEnd} sd`],
      [plotWidth / 2 - 4, "0"],
      [plotWidth - 26, `${axisEnd} sd`],
    ],
  };
}

function percent(share: number): string {
  return `${Number((100 * share).toPrecision(2))}%`;
}

function outline({ shares }: Spread): string {
  const steps = Array.from(shares, (share, bin) => {
    const y = share > 0 ? Math.min(1, -Math.log10(share) / decades) * height : height;
    const [left, right] = [bin, bin + 1].map((edge) =>
      (edge / shares.length * plotWidth).toFixed(1)
    );
    return `${left} ${y.toFixed(1)}H${right}`;
  });
  return `M${steps.join("L")}`;
}
