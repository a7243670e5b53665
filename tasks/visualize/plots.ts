/**
 * Draws plots of one kind side by side, in equal frames.
 *
 * @module
 */
import type { Drawing } from "./figure.ts";
import { element, escaped, line } from "./svg.ts";

/** A plot. */
export interface Plot {
  title: string;
  /** Lines of text below the title; as many for each plot. */
  notes: readonly string[];
  /** The alternative text. */
  alt: string;
  /** What is drawn, in a box of {@linkcode plotWidth} and the height of all plots. */
  content: readonly string[];
  /** The labels below the axis: where they start, and their text. */
  ticks: readonly (readonly [x: number, text: string])[];
}

/** The width of a plot without its gap. */
export const plotWidth = 220;
const gap = 30;
const titleHeight = 24;
const lineHeight = 16;
const ticksHeight = 24;

/** Draws plots of a height side by side. */
export function drawPlots(plots: readonly Plot[], height: number, caption: string): Drawing {
  const top = titleHeight + lineHeight * Math.max(0, ...plots.map(({ notes }) => notes.length));
  const drawn = plots.map((plot, i) =>
    element(
      "g",
      { transform: `translate(${i * (plotWidth + gap)} 0)` },
      drawPlot(plot, top, height),
    )
  );
  return {
    content: drawn.join("\n"),
    width: plots.length * (plotWidth + gap) - gap,
    height: top + height + ticksHeight,
    caption,
  };
}

function drawPlot({ title, notes, alt, content, ticks }: Plot, top: number, height: number) {
  return [
    line(title, 0, lineHeight, "title"),
    ...notes.map((text, i) => line(text, 0, lineHeight * (i + 2), "faint")),
    element(
      "g",
      { role: "img", transform: `translate(0 ${top})` },
      element("title", {}, escaped(alt)),
      ...content,
      element("path", { d: `M0 ${height}H${plotWidth}`, class: "axis" }),
    ),
    ...ticks.map(([x, text]) => line(text, x, top + height + lineHeight, "faint")),
  ].join("");
}
