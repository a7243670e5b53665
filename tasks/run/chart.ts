/**
 * Charts as SVG texts, and what they have in common.
 *
 * @module
 */
import type { EChartsOption } from "echarts";

/** The typeface. */
export const FONT = "'Helvetica Neue', Helvetica, Arial, 'DejaVu Sans', sans-serif";
/** The colour of text. */
export const INK = "#1f2937";
/** The colour of axes and of what explains. */
export const FAINT_INK = "#6b7280";
/** The colour of lines behind the figures. */
export const GRID = "#e5e7eb";

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
