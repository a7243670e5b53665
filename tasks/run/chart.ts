/**
 * Charts as SVG text, and the styles that they share.
 *
 * Uses echarts, although it is large: it draws whole pictures with panels, titles and legends
 * without a DOM. Observable Plot needs a DOM and leaves titles and legends to HTML.
 *
 * @module
 */
import type { EChartsOption } from "echarts";

const ink = "#1f2937";
const faintInk = "#6b7280";

/** Style of text that stands out. */
export function boldText(fontSize: number) {
  return { fontSize, fontWeight: 600 as const, color: ink };
}

/** Style of explanatory text, such as axis labels. */
export function faintText(fontSize = 12) {
  return { fontSize, color: faintInk };
}

/** Style of a legend. */
export const legendText = { fontSize: 13, color: ink };

/** Shared by all charts: a typeface, and a white background, legible on a dark page too. */
export const page = {
  animation: false,
  backgroundColor: "#ffffff",
  textStyle: {
    fontFamily: "'Helvetica Neue', Helvetica, Arial, 'DejaVu Sans', sans-serif",
    color: ink,
  },
};

/** The name of an axis, `nameGap` pixels away from it. */
export function axisName(name: string, nameGap: number) {
  return { name, nameLocation: "middle" as const, nameGap, nameTextStyle: faintText() };
}

/** A bottom axis of numbers that starts at 0. */
export function bottomAxis(name: string) {
  return {
    type: "value" as const,
    min: 0,
    ...axisName(name, 30),
    axisLabel: faintText(),
    axisLine: { lineStyle: { color: faintInk } },
    splitLine: { show: false },
  };
}

/** A side axis of numbers, with grid lines. */
export const sideAxis = {
  type: "value" as const,
  axisLabel: faintText(),
  splitLine: { lineStyle: { color: "#e5e7eb" } },
};

/** Draws a chart. Width and height are in pixels. */
export async function chartSvg(
  option: EChartsOption,
  size: { width: number; height: number },
): Promise<string> {
  // Imported only when drawing, and as one file: the package's many files take four times as long.
  const echarts: typeof import("echarts") = await import("echarts/dist/echarts.esm.min.mjs");
  const chart = echarts.init(null, null, { renderer: "svg", ssr: true, ...size });
  try {
    chart.setOption(option);
    return chart.renderToSVGString();
  } finally {
    chart.dispose();
  }
}
