/**
 * A section on how far networks look from where the teacher looks.
 *
 * @module
 */
import { count } from "../../cli/count.ts";
import { type Drawing, figureHtml } from "../../visualize/figure.ts";
import { drawPlots, type Plot, plotWidth } from "../../visualize/plots.ts";
import { element } from "../../visualize/svg.ts";
import {
  histogramOf,
  largestDistance,
  largestOf,
  meanOf,
  type Summary,
  summaryOf,
  sumOfGroups,
} from "./distances.ts";
import type { Draw } from "./drawings.ts";
import type { Outcome } from "./outcomes.ts";
import { titleOf } from "./answers_section.ts";
import { detailsHtml, paragraph, tableHtml, words } from "../html.ts";

/** How to draw the images. */
export interface DistanceOptions {
  draw: Draw;
  /** The most images to draw of each network. */
  drawn: number;
}

/**
 * How far networks look from the teacher.
 *
 * @param compared the outcomes with distances; at least one.
 */
export async function distanceHtml(
  labels: Int32Array,
  compared: readonly Outcome[],
  teacher: Outcome,
  { draw, drawn }: DistanceOptions,
): Promise<string> {
  const ends = (compared[0] as Outcome).distances.map((_, group) =>
    Math.max(...compared.map(({ distances }) => largest(distances[group] as Float32Array))) || 1
  );
  const histograms = compared.map(({ network, distances }) =>
    figureHtml(drawDistances(distances, ends, titleOf(network)))
  );
  const farthest: string[] = [];
  for (const outcome of drawn > 0 ? compared : []) {
    const isFirst = farthest.length === 0;
    farthest.push(await farthestHtml(outcome, teacher, { draw, drawn }, isFirst));
  }
  return [
    paragraph(
      `The distance is that of two attention maps, each of unit norm: 0 where a network looks exactly ` +
        `where the teacher ${teacher.network.title} looks, and ${
          largestDistance.toFixed(2)
        } where it looks only elsewhere.`,
    ),
    tableHtml({
      caption: "Distance of the attention maps to the teacher's, over all images",
      head: [
        ...["network", "group", "mean", "median", "9 of 10 below", "largest"],
        ...["mean where right", "mean where wrong"],
      ].map(words),
      rows: compared.flatMap((outcome) => rowsOf(outcome, labels)),
    }),
    ...histograms,
    ...farthest,
  ].join("\n");
}

/** The images on which a network looks farthest from the teacher. */
async function farthestHtml(
  { network, distances }: Outcome,
  teacher: Outcome,
  { draw, drawn }: DistanceOptions,
  isOpen: boolean,
): Promise<string> {
  const chosen = largestOf(sumOfGroups(distances), drawn);
  const remark = (index: number) =>
    `distances ${distances.map((group) => (group[index] as number).toFixed(2)).join(", ")}`;
  const images = count(chosen.length, "image");
  return detailsHtml(
    `The ${images} where ${network.title} looks farthest from the teacher`,
    await draw(chosen, [network, teacher.network], remark),
    isOpen,
  );
}

function rowsOf({ network, answers, distances }: Outcome, labels: Int32Array) {
  const mean = (group: Float32Array, isRight: boolean) =>
    meanOf(group.filter((_, i) => (answers[i] === labels[i]) === isRight));
  return distances.map((group, number) => {
    const summary = summaryOf(group) as Summary;
    const values = [
      ...[summary.mean, summary.median, summary.p90, summary.largest],
      ...[mean(group, true), mean(group, false)],
    ];
    const written = values.map((value) => value === undefined ? "–" : value.toFixed(3));
    return [titleOf(network), String(number), ...written].map(words);
  });
}

function largest(values: Float32Array): number {
  return values.reduce((a, b) => Math.max(a, b), 0);
}

const height = 80;
const bins = 40;

/**
 * Draws how the distances are distributed, a plot for each group.
 *
 * @param ends where the axis of each group ends.
 */
function drawDistances(
  groups: readonly Float32Array[],
  ends: readonly number[],
  network: string,
): Drawing {
  const plots = groups.map((distances, group) =>
    plotOf(distances, ends[group] as number, `group ${group}`, network)
  );
  const caption = `${network}: how the distances to the teacher are distributed over the images`;
  return drawPlots(plots, height, caption);
}

function plotOf(distances: Float32Array, end: number, title: string, network: string): Plot {
  const counts = histogramOf(distances, bins, end);
  const most = Math.max(...counts, 1);
  const { mean, median } = summaryOf(distances) as Summary;
  const said = `mean ${mean.toFixed(3)}, median ${median.toFixed(3)}`;
  const bars = Array.from(counts, (count, bin) => {
    const y = height - count / most * height;
    const [left, right] = [bin, bin + 1].map((edge) => (edge / bins * plotWidth).toFixed(1));
    return count === 0 ? "" : `M${left} ${height}V${y.toFixed(1)}H${right}V${height}Z`;
  });
  return {
    title,
    notes: [said],
    alt: `distances of ${title} of ${network}: ${said}`,
    content: [element("path", { d: bars.join(""), class: "bins" })],
    ticks: [[0, "0"], [plotWidth - 26, end.toFixed(2)]],
  };
}
