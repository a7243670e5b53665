/**
 * Charts as SVG texts, and what they have in common.
 *
 * By echarts, large as it is: it makes whole pictures, panels, titles and legends included, without a DOM.
 * Observable's Plot needs one, and leaves titles and legends to HTML around the picture.
 *
 * @module
 */
import type { EChartsOption } from "echarts";

const INK = "#1f2937";
const FAINT_INK = "#6b7280";

/** Text that stands out. */
export function boldText(fontSize: number) {
  return { fontSize, fontWeight: 600 as const, color: INK };
}

/** Text that explains, such as at the axes. */
export function faintText(fontSize = 12) {
  return { fontSize, color: FAINT_INK };
}

/** The text of a legend. */
export const legendText = { fontSize: 13, color: INK };

/** What all charts have: a white background, legible on a dark page too, and one typeface. */
export const page = {
  animation: false,
  backgroundColor: "#ffffff",
  textStyle: {
    fontFamily: "'Helvetica Neue', Helvetica, Arial, 'DejaVu Sans', sans-serif",
    color: INK,
  },
};

/** The name of an axis, so far from it. */
export function axisName(name: string, nameGap: number) {
  return { name, nameLocation: "middle" as const, nameGap, nameTextStyle: faintText() };
}

/** An axis of numbers from 0 at the bottom. */
export function bottomAxis(name: string) {
  return {
    type: "value" as const,
    min: 0,
    ...axisName(name, 30),
    axisLabel: faintText(),
    axisLine: { lineStyle: { color: FAINT_INK } },
    splitLine: { show: false },
  };
}

/** An axis of numbers at the side, with lines behind the metrics. */
export const sideAxis = {
  type: "value" as const,
  axisLabel: faintText(),
  splitLine: { lineStyle: { color: "#e5e7eb" } },
};

/** Draws a chart of a width and a height in pixels. */
export async function chartSvg(
  option: EChartsOption,
  size: { width: number; height: number },
): Promise<string> {
  // Importing echarts takes a tenth of a second, which only what draws has to spend.
  const echarts = await import("echarts");
  const chart = echarts.init(null, null, { renderer: "svg", ssr: true, ...size });
  try {
    chart.setOption(option);
    return chart.renderToSVGString();
  } finally {
    chart.dispose();
  }
}
