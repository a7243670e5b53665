/**
 * Charts as SVG texts.
 *
 * @module
 */
import type { EChartsOption } from "echarts";

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
