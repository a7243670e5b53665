/**
 * Draws histograms of the features before and after a gate.
 *
 * @module
 */
import type { Drawing } from "./figure.ts";
import type { GateSpread, Spread } from "./gate_spread.ts";
import { element, escaped, line } from "./svg.ts";

const width = 220;
const height = 120;
/** The axis ends at this many standard deviations. */
const axisEnd = 8;
const gap = 30;
const top = 72;
/** The axis shows fractions from 1 down to 10^-5. */
const decades = 5;

/** Draws the histograms of a network's groups side by side. */
export function drawHistograms(
  spreads: ReadonlyMap<number, GateSpread>,
  network: string,
  images: number,
): Drawing {
  const plots = Array.from(
    spreads,
    ([group, spread], i) =>
      element("g", { transform: `translate(${i * (width + gap)} 0)` }, plot(spread, group)),
  );
  return {
    content: plots.join("\n"),
    width: spreads.size * (width + gap) - gap,
    height: top + height + 24,
    caption: `${network}: how the features of the last block of each group are distributed over ` +
      `${images} images, before the gate (filled) and after it (line). sd is the standard ` +
      "deviation before the gate. The share of the features in each bin of 0.25 sd is on a " +
      "logarithmic axis, from 1 down to 0.00001; those beyond 8 sd are in the outermost bins.",
  };
}

function plot({ before, after }: GateSpread, group: number): string {
  const change = (f: (spread: Spread) => string) => `${f(before)} → ${f(after)}`;
  const lines = [
    `mean ${change(({ mean }) => mean.toPrecision(3))}`,
    `variance ${change(({ variance }) => variance.toPrecision(3))}`,
    `less than 0.05 sd: ${change(({ nearZero }) => percent(nearZero))}`,
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
    const [left, right] = [bin, bin + 1].map((edge) => (edge / shares.length * width).toFixed(1));
    return `${left} ${y.toFixed(1)}H${right}`;
  });
  return `M${steps.join("L")}`;
}
